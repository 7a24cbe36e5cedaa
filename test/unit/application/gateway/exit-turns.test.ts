/** A bracket's exit that gets no turn at the broker's rate: it is asked for again until it goes, and people are told when that takes long. */
import { expect, test } from "vitest";
import { bracketNote, saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { legId, newBracket } from "../../../../src/domain/bracket.ts";
import { EXIT_TURN_TOLD_MS, EXIT_TURN_WAIT_MS } from "../../../../src/domain/bracket-limits.ts";
import { WAY_OUT_RATE_WAIT_MS_MAX } from "../../../../src/domain/limits.ts";
import type { ApprovedOrder } from "../../../../src/domain/order.ts";
import type { Refusal } from "../../../../src/domain/risk/refusal.ts";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import { approvedWith, scripted, START, type Script } from "../../../support/orders/scripted.ts";
import { orderOf } from "../../../support/orders/standing-order.ts";

const entry = approvedWith({
  bracket: { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" },
});
const stop = legId("o-1", 1, "stop");
const target = legId("o-1", 1, "target");

const REFUSAL: Refusal = {
  code: "MARKET_CLOSED",
  message: "its market is closed",
  scope: "instrument:SIM:AAA",
  limit: null,
  asked: null,
  have: null,
};

/** What goes at once: the burst, and what the longest wait brings. */
const ALL_TURNS = Math.ceil(
  SIMULATED_RULES.ordersPerSecond * (1 + WAY_OUT_RATE_WAIT_MS_MAX / 1_000) + 1,
);

/** A filled entry without exits yet, at a gateway whose rate others use up. */
function busy() {
  const store = new MemoryStore();
  const filled = { ...newRecord("o-1", entry, START), filledQuantity: "10" };
  store.save({
    order: { ...filled, record: "accepted", ended: "filled" },
    posts: [],
    executions: [],
  });
  saveBracket({ store }, { bracket: newBracket("o-1"), dueAt: 0 }, false);
  const approvals = new Map<string, ApprovedOrder>();
  const queued: string[] = [];
  let isRefused = false;
  const script: Script = {
    isFrozen: true,
    reserve: async (intent) => {
      const approved = approvedWith(intent);
      approvals.set(intent.clientOrderId, approved);
      return { kind: "approved", order: orderOf(approved, "pending_new"), approved };
    },
    approved: async (id) => {
      const approved = approvals.get(id);
      if (!approved) return null;
      const { approvedAt } = approved;
      const refused = { kind: "refused", approvedAt, refusal: REFUSAL } as const;
      return isRefused ? refused : { kind: "permitted", approvedAt, approved };
    },
    retried: (id) => void queued.push(id),
  };
  const run = scripted(script, store);
  let others = 0;
  /** Others take every turn there is. */
  const useUp = async (length = ALL_TURNS): Promise<void> => {
    script.submit = async () => ({ outcome: "rejected", reason: "margin" });
    const orders = Array.from({ length }, () => {
      others += 1;
      return approvedWith({ clientOrderId: `n-${others}`, reduceOnly: true });
    });
    await Promise.all(orders.map((order) => run.gateway.submit(order, 1)));
    script.submit = async () => ({
      outcome: "accepted",
      brokerOrderId: `B-${run.sent.length}`,
      pendingTrigger: true,
    });
  };
  const exits = () => run.sent.filter((id) => id === stop || id === target);
  const pass = async (ms: number, isBusy: boolean): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      run.advance(500);
      if (isBusy) await useUp(SIMULATED_RULES.ordersPerSecond);
      await run.gateway.watch();
    }
  };
  const refuse = (refuses: boolean): void => void (isRefused = refuses);
  return { run, store, script, approvals, queued, useUp, exits, pass, refuse };
}

test("it is asked for again, and stands as soon as there is a turn; the ledger hears of no refusal", async () => {
  const { run, store, useUp, exits, pass, queued } = busy();
  await useUp();
  await run.gateway.watch();
  expect(exits()).toEqual([]);
  expect(store.order(stop)).toMatchObject({ record: "not_sent", ended: null, attempt: 0 });
  await pass(5_000, false);
  expect(exits()).toEqual([stop, target]);
  expect(run.incidents).toEqual([]);
  const told = run.posts.filter(({ clientOrderId }) => clientOrderId === stop);
  expect(told.map(({ event }) => event.kind)).toEqual(["accepted"]);
  expect(bracketNote({ store }, "o-1")?.bracket.pairs[0]?.stop.status).toBe("open");
  // It is its gateway's to ask, and no message's: those are counted.
  expect(queued).toEqual([]);
});

test("it leaves by the approval of the time at which it goes, which may be for less", async () => {
  const { run, store, script, approvals, useUp, pass } = busy();
  await useUp();
  await run.gateway.watch();
  expect(store.order(stop)?.approved?.intent.quantity).toBe("10");
  const waiting = approvals.get(stop);
  if (waiting) approvals.set(stop, approvedWith({ ...waiting.intent, quantity: "4" }));
  const left: string[] = [];
  const submit = script.submit;
  script.submit = async (approved) => {
    left.push(approved.intent.quantity);
    return submit ? submit(approved) : { outcome: "unknown", reason: "no script" };
  };
  await pass(5_000, false);
  expect(left[0]).toBe("4");
  expect(store.order(stop)).toMatchObject({ record: "accepted", terms: { quantity: "4" } });
});

test("people are told once when it waits for long, and it goes all the same", async () => {
  const { run, useUp, exits, pass } = busy();
  await useUp();
  await pass(EXIT_TURN_TOLD_MS - 1_000, true);
  expect(run.incidents).toEqual([]);
  await pass(10_000, true);
  expect(run.incidents.filter(({ id }) => id === `bracket-turn-${stop}`)).toMatchObject([
    { severity: "critical", title: "No stop for o-1 yet" },
  ]);
  expect(exits()).toEqual([]);
  await pass(10_000, false);
  expect(exits()).toEqual([stop, target]);
});

test("it backs off: the ledger is not asked at every look", async () => {
  const { script, useUp, pass } = busy();
  let asked = 0;
  const { approved } = script;
  script.approved = async (id) => {
    asked += id === stop ? 1 : 0;
    return (await approved?.(id)) ?? null;
  };
  await useUp();
  await pass(20_000, true);
  expect(asked).toBeGreaterThan(EXIT_TURN_WAIT_MS.length);
  expect(asked).toBeLessThan(20_000 / (EXIT_TURN_WAIT_MS.at(-1) ?? 1) + EXIT_TURN_WAIT_MS.length);
});

test("it is not given up to the desk while it waits, however often its message came", async () => {
  const { run, store, useUp } = busy();
  await useUp();
  await run.gateway.watch();
  expect(await run.gateway.giveUpUnsent(stop, "its retries are used up")).toBe(false);
  expect(store.order(stop)?.ended).toBeNull();
});

test("a retry that gets no turn is no attempt: it waits, and counts on from there", async () => {
  const { run, store, script, approvals, useUp, exits, pass } = busy();
  script.submit = async () => ({ outcome: "not_sent", reason: "no line" });
  await run.gateway.watch();
  expect(store.order(stop)).toMatchObject({ record: "not_sent", attempt: 1 });
  const approved = approvals.get(stop);
  if (!approved) throw new Error("the stop was never approved");
  await useUp();
  expect(await run.gateway.submit(approved, 2)).toMatchObject({ outcome: "not_sent" });
  expect(store.order(stop)).toMatchObject({ record: "not_sent", ended: null, attempt: 1 });
  await pass(5_000, false);
  expect(store.order(stop)).toMatchObject({ record: "accepted", attempt: 2 });
  expect(exits().filter((id) => id === stop)).toHaveLength(2);
});

test("one that the ledger refuses for now waits on, and people hear why", async () => {
  const { run, store, useUp, exits, pass, refuse } = busy();
  await useUp();
  await run.gateway.watch();
  refuse(true);
  await pass(EXIT_TURN_TOLD_MS + 10_000, false);
  expect(exits()).not.toContain(stop);
  expect(store.order(stop)).toMatchObject({ record: "not_sent", ended: null });
  const told = run.incidents.find(({ id }) => id === `bracket-turn-${stop}`);
  expect(told?.message).toContain("its market is closed");
  refuse(false);
  await pass(10_000, false);
  expect(exits()).toContain(stop);
});

test("one that is no longer wanted goes no more: its bracket was closed, or a kill switch came", async () => {
  const { run, store, approvals, useUp, exits, pass } = busy();
  await useUp();
  await run.gateway.watch();
  approvals.clear();
  await pass(10_000, false);
  expect(exits()).not.toContain(stop);
  expect(store.order(stop)).toMatchObject({ record: "stopped" });
});

test("it may wait longer in line than an entry, so that entries never keep it out", async () => {
  const { run, exits, script } = busy();
  script.submit = async () => ({ outcome: "unknown", reason: "no answer" });
  const entries = Array.from({ length: ALL_TURNS }, (_, n) =>
    approvedWith({ clientOrderId: `e-${n}` }),
  );
  const outcomes = await Promise.all(entries.map((order) => run.gateway.submit(order, 1)));
  expect(outcomes.filter(({ outcome }) => outcome === "stopped").length).toBeGreaterThan(0);
  await run.gateway.watch();
  expect(exits()).toEqual([stop]);
});
