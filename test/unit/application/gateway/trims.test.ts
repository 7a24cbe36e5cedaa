/** Which of several orders that may only reduce give way where together they could close more than there is. */
import { expect, test } from "vitest";
import { bracketNote, saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { legId, newBracket, stepBracket } from "../../../../src/domain/bracket.ts";
import type { ApprovedOrder } from "../../../../src/domain/order.ts";
import { ok } from "../../../../src/domain/result.ts";
import type { Reducing } from "../../../../src/domain/risk/reducing.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import {
  approvedWith,
  brokerOrderWith,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";
import { orderOf } from "../../../support/orders/standing-order.ts";
import { INSTRUMENT } from "../../../support/orders/world.ts";

const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };

const LOWER = { quantity: "3", limitPrice: null, stopPrice: null };
const LEGS_OF = ["o-1", "o-2"].flatMap((entry) => [
  legId(entry, 1, "stop"),
  legId(entry, 1, "target"),
]);

/** Two brackets of five, the older one first, and an order by itself of five, all at the broker. */
function three(script: Script = {}, lotSize = "1") {
  const store = new MemoryStore();
  const stands = (approved: ApprovedOrder, filledQuantity = "0") => {
    const record = newRecord(approved.intent.clientOrderId, approved, START);
    const ended = filledQuantity === approved.intent.quantity ? ("filled" as const) : null;
    const brokerOrderId = `B-${record.clientOrderId}`;
    const order = { ...record, record: "accepted", ended, filledQuantity, brokerOrderId } as const;
    store.save({ order, posts: [], executions: [] });
  };
  const orders: Reducing["orders"] = [];
  for (const entry of ["o-1", "o-2"]) {
    stands(approvedWith({ clientOrderId: entry, quantity: "5", bracket }), "5");
    const event = { kind: "entry", filled: "5", ended: true } as const;
    saveBracket(
      { store },
      { bracket: stepBracket(newBracket(entry), event).bracket, dueAt: 0 },
      false,
    );
    for (const leg of ["stop", "target"] as const) {
      const exit = { entry, pair: 1, leg };
      const clientOrderId = legId(entry, 1, leg);
      stands(approvedWith({ clientOrderId, exit, side: "sell", quantity: "5", reduceOnly: true }));
      orders.push({ clientOrderId, exit });
    }
  }
  stands(approvedWith({ clientOrderId: "o-3", side: "sell", quantity: "5", reduceOnly: true }));
  orders.push({ clientOrderId: "o-3" });
  const row = { algoId: "momentum", instrument: "SIM:AAA", side: "sell" } as const;
  const left = { held: "15", closable: "15" };
  const run = scripted(
    {
      instrument: () => ({ ...INSTRUMENT, lotSize }),
      reducing: async () => [{ ...row, ...left, orders: left.closable === "15" ? [] : orders }],
      ...script,
    },
    store,
  );
  const pair = (entry: string) => bracketNote({ store }, entry)?.bracket.pairs[0]?.quantity;
  /** The position is as large as that now. */
  const become = async (held: string, closable = held): Promise<void> => {
    Object.assign(left, { held, closable });
    store.setNumber("fills_booked", store.number("fills_booked") + 1);
    await run.gateway.watch();
  };
  return { run, store, pair, become, orders, row };
}

test("as long as all of it is there to be closed, nothing is touched", async () => {
  const { run, pair, become } = three();
  await become("15");
  expect([pair("o-1"), pair("o-2"), run.canceled, run.modified]).toEqual(["5", "5", [], []]);
});

test("an order by itself goes before the brackets, and of those the youngest", async () => {
  const { run, pair, become } = three();
  await become("8");
  expect([pair("o-1"), pair("o-2")]).toEqual(["5", "3"]);
  expect(run.canceled).toEqual(["B-o-3"]);
});

test("an answer from before a fill that was booked meanwhile cuts nothing, and the ledger is asked again", async () => {
  let late = 2;
  const { run, store, pair, become } = three({
    reducing: async () => {
      // Of what is told of only now the ledger did not know.
      if (late > 0) store.setNumber("fills_booked", store.number("fills_booked") + 1);
      late -= 1;
      return rows[late >= 0 ? "before" : "after"];
    },
  });
  const { orders, row } = three();
  const rows = {
    before: [{ ...row, held: "8", closable: "8", orders }],
    after: [{ ...row, held: "15", closable: "15", orders }],
  };
  await become("8");
  for (let look = 0; look < 4; look += 1) {
    run.advance(1_000);
    await run.gateway.watch();
  }
  expect(late).toBeLessThan(0);
  expect([pair("o-1"), pair("o-2"), run.canceled]).toEqual(["5", "5", []]);
});

test("one whose new terms the broker refuses is asked for them twice, and canceled then", async () => {
  let termsVersion = 100;
  const { run, store, become } = three({
    // Each time it is another approval.
    reserveReplace: async (id) => {
      termsVersion += 1;
      return ok({ ...orderOf(store.order(id)?.approved), termsVersion });
    },
    modify: () => ({ outcome: "rejected", reason: "not here" }),
    orders: ["o-3", ...LEGS_OF].map((id) =>
      brokerOrderWith({ brokerOrderId: `B-${id}`, clientOrderId: id, side: "sell", quantity: "5" }),
    ),
  });
  await become("13");
  for (let look = 0; look < 8; look += 1) {
    run.advance(5_000);
    await run.gateway.watch();
  }
  expect(run.modified.slice(0, 2)).toEqual([LOWER, LOWER]);
  expect(run.modified).toHaveLength(2);
  expect(run.canceled).toContain("B-o-3");
});

test("what is there to be closed counts in whole lots", async () => {
  const { pair, become } = three({}, "2");
  await become("9");
  expect([pair("o-1"), pair("o-2")]).toEqual(["5", "3"]);
});

test("what was closed past the platform waits for its exits, what the algo has closed itself does not", async () => {
  const { store, become } = three();
  await become("8", "6");
  const known = bracketNote({ store }, "o-2")?.bracket;
  expect(known?.closedOtherwise).toBe("2");
  const quantities = known?.pairs.map(({ quantity }) => quantity);
  expect(quantities).toEqual(["1", "2"]);
});

test("an answer that the ledger cannot give is asked for again, and not in a spin", async () => {
  let isAway = true;
  let asked = 0;
  const { run, become } = three({
    reducing: async () => {
      asked += 1;
      if (isAway) throw new Error("away");
      return [];
    },
  });
  await become("15");
  await run.gateway.watch();
  expect(asked).toBe(1);
  isAway = false;
  run.advance(5_000);
  await run.gateway.watch();
  await run.gateway.watch();
  expect(asked).toBe(2);
  // None stands by its word: no fill is a cause to ask any more.
  await become("15");
  expect(asked).toBe(2);
});

test("without the ledger's knowledge of every fill here, it is not asked", async () => {
  let asked = 0;
  const script: Script = {
    ledgerIsAway: true,
    reducing: async () => {
      asked += 1;
      return [];
    },
  };
  const { store, become } = three(script);
  const at = { eventId: "e", clientOrderId: "o-1", at: START } as const;
  const post = { ...at, event: { kind: "canceled", reason: "x" } } as const;
  const order = store.order("o-1");
  if (order) store.save({ order, posts: [post], executions: [] });
  await become("15");
  expect(asked).toBe(0);
});
