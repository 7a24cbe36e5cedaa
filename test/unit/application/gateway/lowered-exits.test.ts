/** A bracket's exit whose other leg has filled in part: it is made smaller, or goes, whoever says no. */
import { expect, test } from "vitest";
import { saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { legId, newBracket, stepBracket } from "../../../../src/domain/bracket.ts";
import { BRACKET_LOOK_MS } from "../../../../src/domain/bracket-limits.ts";
import type { PositionView } from "../../../../src/contract/orders.ts";
import type { Execution } from "../../../../src/domain/order.ts";
import { err, ok } from "../../../../src/domain/result.ts";
import type { Refusal, RefusalCode } from "../../../../src/domain/risk/refusal.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";
import { orderOf } from "../../../support/orders/standing-order.ts";
import { INSTRUMENT } from "../../../support/orders/world.ts";

const STOP = legId("o-1", 1, "stop");
const TARGET = legId("o-1", 1, "target");
const FOUR: Execution = {
  ...executionOf("E4", "4"),
  clientOrderId: TARGET,
  brokerOrderId: `B-${TARGET}`,
  side: "sell",
};
const LOWER = { quantity: "6", limitPrice: null, stopPrice: null };

const HELD = {
  algoId: "momentum",
  account: "simulated",
  instrument: "SIM:AAA",
  quantity: "6",
} as PositionView;

const refuses = () => ({ outcome: "rejected", reason: "no" }) as const;

const refusalOf = (code: RefusalCode): Refusal => ({
  code,
  message: `${code}.`,
  scope: "portfolio",
  limit: null,
  asked: null,
  have: null,
});

/** A bracket of ten whose stop and target stand at the broker; the target has filled four. */
function partlyFilled(script: Script = {}) {
  const store = new MemoryStore();
  const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };
  const approved = {
    "o-1": approvedWith({ bracket }),
    [STOP]: approvedWith({
      clientOrderId: STOP,
      side: "sell",
      type: "stop",
      limitPrice: null,
      stopPrice: "95",
      reduceOnly: true,
      exit: { entry: "o-1", pair: 1, leg: "stop" },
    }),
    [TARGET]: approvedWith({
      clientOrderId: TARGET,
      side: "sell",
      limitPrice: "105",
      reduceOnly: true,
      exit: { entry: "o-1", pair: 1, leg: "target" },
    }),
  };
  for (const [id, filledQuantity] of Object.entries({ "o-1": "10", [STOP]: "0", [TARGET]: "4" })) {
    const record = newRecord(id, approved[id] ?? null, START);
    const ended = id === "o-1" ? ("filled" as const) : null;
    const order = { ...record, record: "accepted", ended, filledQuantity } as const;
    const executions = id === TARGET ? [FOUR] : [];
    store.save({ order: { ...order, brokerOrderId: `B-${id}` }, posts: [], executions });
  }
  const filled = stepBracket(newBracket("o-1"), { kind: "entry", filled: "10", ended: true });
  saveBracket({ store }, { bracket: filled.bracket, dueAt: 0 }, false);
  const broker = (id: string, filledQuantity: string) =>
    brokerOrderWith({
      brokerOrderId: `B-${id}`,
      clientOrderId: id,
      side: "sell",
      filledQuantity,
      limitPrice: approved[id]?.intent.limitPrice ?? null,
      stopPrice: approved[id]?.intent.stopPrice ?? null,
    });
  let termsVersion = 100;
  const told: Script = {
    instrument: () => INSTRUMENT,
    // Each time it is another approval.
    reserveReplace: async (id) => {
      termsVersion += 1;
      return ok({ ...orderOf(approved[id]), termsVersion });
    },
    orders: [broker(STOP, "0"), broker(TARGET, "4")],
    executions: [FOUR],
  };
  const given: Script = Object.assign(told, script);
  const run = scripted(given, store);
  const looks = async (times: number): Promise<void> => {
    for (let look = 0; look < times; look += 1) {
      await run.gateway.watch();
      run.advance(BRACKET_LOOK_MS);
    }
  };
  return { run, script: given, broker, looks };
}

test("is asked for in its new size once, and for no more while the answer is on its way", async () => {
  const { run, looks } = partlyFilled();
  await looks(1);
  expect([run.modified, run.canceled]).toEqual([[LOWER], []]);
});

test.each(["KILL_SWITCH", "QUANTITY_LIMITS", "QUANTITY_OFF_GRID"] as const)(
  "is canceled where the ledger has no smaller one: %s",
  async (code) => {
    const { run, looks } = partlyFilled({ reserveReplace: async () => err(refusalOf(code)) });
    await looks(1);
    expect([run.modified, run.canceled]).toEqual([[], [`B-${STOP}`]]);
  },
);

test("waits where the ledger says that it is in no state for new terms", async () => {
  const { run, looks } = partlyFilled({ reserveReplace: async () => err("not_permitted") });
  await looks(3);
  expect([run.modified, run.canceled]).toEqual([[], []]);
});

test("is canceled once the broker has refused a smaller one twice", async () => {
  const { run, looks } = partlyFilled({ modify: refuses });
  await looks(6);
  expect([run.modified, run.canceled[0]]).toEqual([[LOWER, LOWER], `B-${STOP}`]);
});

test("that had to be canceled is told to people with what it leaves open", async () => {
  const { run, script, broker, looks } = partlyFilled({
    reserveReplace: async () => err(refusalOf("KILL_SWITCH")),
    // Of an algo that is flat nobody hears.
    ledgerPositions: () => [HELD],
  });
  await looks(1);
  script.orders = [{ ...broker(STOP, "0"), state: "canceled" }, broker(TARGET, "4")];
  await looks(6);
  const told = run.incidents.find(({ title }) => title === "No stop for o-1");
  expect(told?.message).toContain("6 of the bracket o-1 has no stop");
});

test("is asked for again as long as nothing reaches the broker: that is no refusal", async () => {
  const { run, script, looks } = partlyFilled({
    modify: () => ({ outcome: "not_sent", reason: "no line" }),
  });
  await looks(5);
  expect(run.canceled).toEqual([]);
  expect(run.modified.length).toBeGreaterThan(2);
  script.modify = () => ({ outcome: "accepted" });
  const before = run.modified.length;
  await looks(2);
  expect([run.modified.length, run.canceled]).toEqual([before + 1, []]);
});

test("that a broker does not take out of hours is asked for once more when its market opens", async () => {
  const { run, script, looks } = partlyFilled({
    isShut: true,
    modify: () => ({ outcome: "rejected", reason: "market closed" }),
  });
  await looks(6);
  expect([run.modified, run.canceled]).toEqual([[LOWER], []]);
  script.isShut = false;
  script.modify = () => ({ outcome: "accepted" });
  await looks(2);
  expect([run.modified, run.canceled]).toEqual([[LOWER, LOWER], []]);
});

test("begins its count of refusals anew once the broker has taken new terms", async () => {
  const { run, script, broker, looks } = partlyFilled({ modify: refuses });
  await looks(1);
  script.modify = () => ({ outcome: "accepted" });
  await looks(1);
  script.orders = [{ ...broker(STOP, "0"), quantity: "6" }, broker(TARGET, "4")];
  await looks(3);
  script.modify = refuses;
  script.orders = [{ ...broker(STOP, "0"), quantity: "6" }, broker(TARGET, "6")];
  script.executions = [FOUR, { ...FOUR, executionId: "E6", quantity: "2" }];
  await looks(8);
  const again = { ...LOWER, quantity: "4" };
  expect(run.modified).toEqual([LOWER, LOWER, again, again]);
  expect(run.canceled).toContain(`B-${STOP}`);
});
