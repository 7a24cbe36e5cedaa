/** A bracket's exit that comes to the gateway after the other one has closed its pair: it never leaves, whoever brings it. */
import { describe, expect, test } from "vitest";
import { bracketNote, saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord, type GatewayOrder } from "../../../../src/application/gateway/record.ts";
import { legId, newBracket, stepBracket, type LegName } from "../../../../src/domain/bracket.ts";
import type { ApprovedOrder, Execution, Order } from "../../../../src/domain/order.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import {
  approvedWith,
  executionOf,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";

const entry = approvedWith({
  bracket: { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" },
});
const idOf = (leg: LegName): string => legId("o-1", 1, leg);
const otherOf = (leg: LegName): LegName => (leg === "stop" ? "target" : "stop");
const exit = (leg: LegName): ApprovedOrder =>
  approvedWith({
    clientOrderId: idOf(leg),
    side: "sell",
    reduceOnly: true,
    exit: { entry: "o-1", pair: 1, leg },
  });

/** A filled entry whose bracket has one pair of exits, as its gateway remembers it before it has heard of either. */
function held(script: Script = {}) {
  const store = new MemoryStore();
  const save = (order: GatewayOrder): void => store.save({ order, posts: [], executions: [] });
  const filled = { record: "accepted", ended: "filled", filledQuantity: "10" } as const;
  save({ ...newRecord("o-1", entry, START), ...filled });
  const event = { kind: "entry", filled: "10", ended: true } as const;
  const { bracket } = stepBracket(newBracket("o-1"), event);
  const remember = (ended: boolean): void => saveBracket({ store }, { bracket, dueAt: 0 }, ended);
  remember(false);
  const fill = (leg: LegName, filledQuantity: string): void =>
    save({
      ...newRecord(idOf(leg), exit(leg), START),
      record: "accepted",
      ended: filledQuantity === "10" ? "filled" : null,
      filledQuantity,
    });
  const run = scripted(script, store);
  return { run, store, remember, fill };
}

test.each<LegName>(["stop", "target"])(
  "a %s that only the ledger knew of is stopped with the reason, and people hear nothing",
  async (leg) => {
    const { run, fill } = held();
    fill(otherOf(leg), "10");
    expect(await run.gateway.submit(exit(leg), 1)).toMatchObject({ outcome: "stopped" });
    expect(run.sent).toEqual([]);
    const reason = `stopped: the ${otherOf(leg)} of o-1 has closed all that this ${leg} is for`;
    expect(run.posts).toMatchObject([
      { clientOrderId: idOf(leg), event: { kind: "rejected", reason } },
    ]);
    // The bracket takes both in at one look: what was stopped leaves nothing bare.
    for (let look = 0; look < 5; look += 1) {
      await run.gateway.watch();
      run.advance(5_000);
    }
    expect(run.incidents).toEqual([]);
    expect([run.sent, run.canceled]).toEqual([[], []]);
  },
);

test("also when its bracket had ended", async () => {
  const { run, remember, fill } = held();
  fill("stop", "10");
  remember(true);
  expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "stopped" });
  expect(run.sent).toEqual([]);
});

test("a retry of one that was not sent is stopped, too", async () => {
  const script: Script = { submit: async () => ({ outcome: "not_sent", reason: "no line" }) };
  const { run, store, fill } = held(script);
  expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "not_sent" });
  fill("stop", "10");
  delete script.submit;
  expect(await run.gateway.submit(exit("target"), 2)).toMatchObject({ outcome: "stopped" });
  expect(run.sent).toEqual([idOf("target")]);
  expect(store.order(idOf("target"))).toMatchObject({ record: "stopped", attempt: 1 });
});

test("one that waited for its turn is stopped when the turn comes", async () => {
  const approved = exit("target");
  const { approvedAt } = approved;
  const { run, store, fill } = held({
    approved: async () => ({ kind: "permitted", approvedAt, approved }),
  });
  const turn = { since: START, tries: 1, told: false };
  const waiting = { ...newRecord(idOf("target"), approved, START), turn, nextLookAt: START };
  store.save({ order: waiting, posts: [], executions: [] });
  // What a stream tells between two looks of its bracket.
  const busy = bracketNote({ store }, "o-1");
  if (busy) saveBracket({ store }, { ...busy, dueAt: START + 60_000 }, false);
  fill("stop", "10");
  await run.gateway.watch();
  expect(run.sent).toEqual([]);
  expect(store.order(idOf("target"))).toMatchObject({ record: "stopped" });
});

test("what a person executed of the other exit counts, in whole and together with its own fills", async () => {
  const { run, store } = held();
  const byHand: GatewayOrder = {
    ...newRecord(idOf("stop"), exit("stop"), START),
    record: "accepted",
    ended: "dead_lettered",
    filledQuantity: "10",
    byHand: "6",
  };
  store.save({ order: byHand, posts: [], executions: [] });
  expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "stopped" });
  expect(run.sent).toEqual([]);
});

/** A fill of the stop, by the stream. */
const told = (executionId: string, quantity: string) =>
  ({
    kind: "order_event",
    clientOrderId: idOf("stop"),
    brokerOrderId: "B1",
    eventId: executionId,
    event: { kind: "filled", execution: executionOf(executionId, quantity) },
    at: START,
  }) as const;

/** Its stop is on its way, and the answer to it comes when the test says. */
async function underWay(known: Partial<GatewayOrder> = {}, executions: Execution[] = []) {
  const answered = Promise.withResolvers<void>();
  const outcome = { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
  const script: Script = { submit: () => answered.promise.then(() => outcome) };
  const { run, store } = held(script);
  const order = { ...newRecord(idOf("stop"), exit("stop"), START), ...known };
  store.save({ order, posts: [], executions });
  const stop = run.gateway.submit(exit("stop"), 1);
  while (run.sent.length === 0) await Promise.resolve();
  script.submit = async () => ({ outcome: "not_sent", reason: "no line" });
  const answer = async (): Promise<void> => {
    answered.resolve();
    await stop;
  };
  return { run, answer };
}

describe("a fill of the other exit that waits for the answer to it", () => {
  test("counts, once however often it is told", async () => {
    const { run, answer } = await underWay();
    await run.gateway.onStream(told("E1", "6"));
    await run.gateway.onStream(told("E1", "6"));
    expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "not_sent" });
    await run.gateway.onStream(told("E2", "4"));
    expect(await run.gateway.submit(exit("target"), 2)).toMatchObject({ outcome: "stopped" });
    await answer();
    expect(run.sent).toEqual([idOf("stop"), idOf("target")]);
  });

  test("does not count once more where it was booked before", async () => {
    const { run, answer } = await underWay({ filledQuantity: "6" }, [executionOf("E1", "6")]);
    await run.gateway.onStream(told("E1", "6"));
    expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "not_sent" });
    await answer();
  });
});

test("while a part is open it leaves: nothing else would guard the rest", async () => {
  const { run, fill } = held();
  fill("stop", "9");
  expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "accepted" });
  expect(run.sent).toEqual([idOf("target")]);
});

test("without a note of its bracket nobody knows its pair, and it leaves", async () => {
  const { run, store, fill } = held();
  fill("stop", "10");
  store.setNote("bracket:o-1", null);
  expect(await run.gateway.submit(exit("target"), 1)).toMatchObject({ outcome: "accepted" });
});

test("a stopped exit is not on the desk: it is neither retried nor executed by hand", async () => {
  const stopped = exit("target");
  const { run, fill } = held({ ledgerOrder: async () => rejected(stopped) });
  fill("stop", "10");
  await run.gateway.submit(stopped, 1);
  expect(await run.gateway.submit(stopped, 2)).toMatchObject({ outcome: "stopped" });
  expect(await run.gateway.giveUpUnsent(idOf("target"), "its retries are used up")).toBe(false);
  const claim = { brokerOrderId: "X1", quantity: "10", price: "105", currency: "USD" };
  const person = { by: "ann", reason: "by telephone" };
  const answer = await run.gateway.executeByHand(idOf("target"), { ...claim, ...person });
  expect(answer).toEqual({ ok: false, error: { kind: "not_on_desk" } });
});

const rejected = ({ intent, ledgerVersion, epoch }: ApprovedOrder): Order => ({
  ...intent,
  state: "rejected",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: null,
  refusal: null,
  reason: "stopped",
  ledgerVersion,
  epoch,
  createdAt: START,
  updatedAt: START,
});
