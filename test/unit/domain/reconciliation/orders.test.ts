import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { externalOrderId } from "../../../../src/domain/reconciliation/synthetic-id.ts";
import { IN_FLIGHT_AFTER_MS } from "../../../../src/domain/limits.ts";
import { ORDER_STATES, type OrderState } from "../../../../src/domain/order.ts";
import {
  compareOrders,
  settleOrders,
  type BookOrder,
  type OrderBooks,
  type TheirOrder,
} from "../../../../src/domain/reconciliation/orders.ts";
import { isTerminal } from "../../../../src/domain/order-state.ts";

const NOW = 1_000_000;

const ours = (changes: Partial<BookOrder> = {}): BookOrder => ({
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  account: "paper",
  instrument: "A:1",
  state: "new",
  quantity: "10",
  filledQuantity: "0",
  timeInForce: "gtc",
  updatedAt: 0,
  ...changes,
});

const theirs = (changes: Partial<TheirOrder> = {}): TheirOrder => ({
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  instrument: "A:1",
  state: "new",
  quantity: "10",
  filledQuantity: "0",
  ...changes,
});

const books = (changes: Partial<OrderBooks> = {}): OrderBooks => ({
  account: "paper",
  ours: [ours()],
  theirs: [theirs()],
  byHand: [],
  askedAt: NOW,
  ...changes,
});

/** What a person executed of an order, by which of the broker's. */
const handOf = (quantity: string, brokerOrderId = "X1", clientOrderId = "o-1") => ({
  clientOrderId,
  brokerOrderId,
  quantity,
});

const kinds = (changes: Partial<OrderBooks>): string[] =>
  compareOrders(books(changes)).map(({ kind }) => kind);

const settled = (changes: Partial<OrderBooks>, ledger: BookOrder[] = []) => {
  const witnesses = new Map(ledger.map((each) => [each.clientOrderId, each]));
  const { findings, repair } = settleOrders(books(changes), witnesses);
  return {
    findings: findings.map(({ difference, outcome }) => [difference.kind, outcome]),
    repair,
  };
};

describe("the day's orders", () => {
  test("that stand in both books are listed and are no difference", () => {
    expect(settled({})).toEqual({ findings: [["order_left_open", "noted"]], repair: [] });
  });

  test("that ended in both books, each in its own word, are nothing to tell", () => {
    const rows = { ours: [ours({ state: "canceled" })], theirs: [theirs({ state: "expired" })] };
    expect(kinds(rows)).toEqual([]);
  });

  test.each([
    ["canceled", "new", ["state_differs"]],
    ["filled", "partially_filled", ["state_differs"]],
    ["rejected", "pending_trigger", ["state_differs"]],
    ["new", "canceled", ["state_differs"]],
    ["partially_filled", "filled", ["state_differs"]],
    ["unknown", "new", ["state_differs"]],
    ["dead_lettered", "filled", ["state_differs"]],
    ["pending_cancel", "new", ["order_left_open"]],
    ["suspended", "new", ["order_left_open"]],
    ["replaced", "pending_trigger", ["order_left_open"]],
  ] as const)("%s here and %s there: %j", (here, there, expected) => {
    expect(kinds({ ours: [ours({ state: here })], theirs: [theirs({ state: there })] })).toEqual(
      expected,
    );
  });

  test.each([
    [ours({ filledQuantity: "4" }), theirs({ filledQuantity: "4.0" }), ["order_left_open"]],
    [ours({ filledQuantity: "4" }), theirs({ filledQuantity: "5" }), ["order_filled_differs"]],
    [ours({ quantity: "12" }), theirs(), ["order_quantity_differs"]],
    [ours({ quantity: "12", state: "pending_replace" }), theirs(), ["order_left_open"]],
    [ours({ quantity: "12", state: "canceled" }), theirs({ state: "canceled" }), []],
  ])("quantities: %#", (here, there, expected) => {
    expect(kinds({ ours: [here], theirs: [there] })).toEqual(expected);
  });

  test("that only the broker has stand past us; what ended there has told its fills", () => {
    const stranger = theirs({ clientOrderId: null, brokerOrderId: "X1" });
    expect(kinds({ ours: [], theirs: [stranger] })).toEqual(["external_order"]);
    expect(kinds({ ours: [], theirs: [{ ...stranger, state: "canceled" }] })).toEqual([]);
  });

  test("that had traded before they were adopted agree while all that came since does", () => {
    const clientOrderId = externalOrderId("paper", "X1");
    const adopted = (changes: Partial<BookOrder>) =>
      ours({ clientOrderId, brokerOrderId: "X1", ...changes });
    const stranger = theirs({
      clientOrderId: null,
      brokerOrderId: "X1",
      quantity: "10",
      filledQuantity: "6",
    });
    const since = adopted({ quantity: "6", filledQuantity: "2" });
    expect(kinds({ ours: [since], theirs: [stranger] })).toEqual(["order_left_open"]);
    const missed = adopted({ quantity: "6", filledQuantity: "1" });
    expect(kinds({ ours: [missed], theirs: [stranger] })).toContain("order_filled_differs");
  });

  test.each([
    ["of it all, and that the broker turned out to have", [handOf("10")], "14", []],
    ["of it all, and that filled nothing there", [handOf("14")], "14", ["order_filled_differs"]],
    ["of it in two parts", [handOf("6"), handOf("4", "X2")], "14", []],
    ["of it, where a fill there was not booked", [handOf("10")], "13", ["order_filled_differs"]],
    ["of another order", [handOf("10", "X1", "o-2")], "14", ["order_filled_differs"]],
    ["of none", [], "14", ["order_filled_differs"]],
  ])("what a person executed %s, is beside the broker's own", (_, byHand, filled, expected) => {
    const here = ours({ state: "canceled", quantity: "20", filledQuantity: filled });
    const there = theirs({ state: "canceled", filledQuantity: "4" });
    expect(kinds({ ours: [here], theirs: [there], byHand })).toEqual(expected);
  });

  test("one that stands there after it was executed by hand is as large there as it is here without that", () => {
    const here = ours({ state: "partially_filled", quantity: "20", filledQuantity: "14" });
    const there = theirs({ state: "partially_filled", filledQuantity: "4" });
    const byHand = [handOf("10")];
    expect(kinds({ ours: [here], theirs: [there], byHand })).toEqual(["order_left_open"]);
    const larger = { ...there, quantity: "11" };
    expect(compareOrders(books({ ours: [here], theirs: [larger], byHand }))).toEqual([
      {
        kind: "order_quantity_differs",
        orderId: "o-1",
        instrument: "A:1",
        ours: "10",
        theirs: "11",
        byHand: "10",
      },
    ]);
  });

  test("that were placed past us and adopted are found by the broker's id", () => {
    const adopted = ours({ clientOrderId: externalOrderId("paper", "X1"), brokerOrderId: "X1" });
    const stranger = theirs({ clientOrderId: "other-program", brokerOrderId: "X1" });
    expect(kinds({ ours: [adopted], theirs: [stranger] })).toEqual(["order_left_open"]);
  });

  test.each(ORDER_STATES)("%s here and absent there", (state) => {
    const isOpen = !isTerminal(state) && !UNSURE.has(state);
    expect(kinds({ ours: [ours({ state })], theirs: [] })).toEqual(
      isOpen ? ["order_missing_there"] : [],
    );
  });

  test.each([
    [IN_FLIGHT_AFTER_MS, ["order_missing_there"]],
    [IN_FLIGHT_AFTER_MS - 1, []],
  ])("what came %d ms before the broker was asked: %j", (agoMs, expected) => {
    expect(kinds({ ours: [ours({ updatedAt: NOW - agoMs })], theirs: [] })).toEqual(expected);
  });

  test("what a person has booked is the person's figure, but not that it still stands", () => {
    const byHand = [handOf("10", "B1")];
    const whole = theirs({ state: "filled", filledQuantity: "12", quantity: "12" });
    const booked = ours({ state: "filled", filledQuantity: "10" });
    expect(kinds({ ours: [booked], theirs: [whole], byHand })).toEqual([]);
    expect(kinds({ ours: [booked], theirs: [{ ...whole, state: "new" }], byHand })).toEqual([
      "state_differs",
    ]);
  });
});

const UNSURE = new Set<OrderState>(["pending_new", "unknown", "dead_lettered"]);

const rows = (list: [number, OrderState, string][]): BookOrder[] => [
  ...new Map(
    list.map(([number, each, filledQuantity]) => [
      number,
      ours({
        clientOrderId: `o-${number}`,
        brokerOrderId: `B${number}`,
        state: each,
        filledQuantity,
      }),
    ]),
  ).values(),
];
const open = ({ outcome }: { outcome: string }) => outcome === "unresolved";

describe("what becomes of a difference between orders", () => {
  const stale = { ours: [ours({ state: "canceled" })] };

  test("our row is put right where the ledger says what the broker says", () => {
    expect(settled(stale, [ours()])).toEqual({
      findings: [
        ["state_differs", "repaired"],
        ["order_left_open", "noted"],
      ],
      repair: ["o-1"],
    });
  });

  test.each([
    ["the ledger says what our tradebook says", [ours({ state: "canceled" })]],
    ["the ledger has it open, and with other fills", [ours({ filledQuantity: "3" })]],
    ["the ledger does not know it", []],
  ])("a person has to look where %s", (_when, ledger) => {
    expect(settled(stale, ledger)).toEqual({
      findings: [["state_differs", "unresolved"]],
      repair: [],
    });
  });

  test("a row that our tradebook lost is written again", () => {
    expect(settled({ ours: [] }, [ours()]).repair).toEqual(["o-1"]);
    const stranger = theirs({ clientOrderId: null, brokerOrderId: "X1" });
    const adopted = ours({ clientOrderId: externalOrderId("paper", "X1"), brokerOrderId: "X1" });
    expect(settled({ ours: [], theirs: [stranger] }, [adopted])).toEqual({
      findings: [
        ["external_order", "repaired"],
        ["order_left_open", "noted"],
      ],
      repair: [externalOrderId("paper", "X1")],
    });
  });

  test("an order that only our tradebook still has open is ended there by the ledger's word", () => {
    const ended = [ours({ state: "expired" })];
    expect(settled({ theirs: [] }, ended).findings).toEqual([["order_missing_there", "repaired"]]);
    expect(settled({ theirs: [] }, [ours()]).findings).toEqual([
      ["order_missing_there", "unresolved"],
    ]);
  });

  test("after the repairs the same comparison finds nothing to repair", () => {
    const id = fc.integer({ min: 1, max: 4 });
    const state = fc.constantFrom(...ORDER_STATES);
    const filled = fc.constantFrom("0", "4", "10");
    const here = fc.array(fc.tuple(id, state, filled), { maxLength: 6 });
    const there = fc.constantFrom("new", "partially_filled", "filled", "canceled");
    fc.assert(
      fc.property(
        here,
        here,
        fc.array(fc.tuple(id, there, filled), { maxLength: 6 }),
        (tradebook, ledger, broker) => {
          const told = broker.map(([number, each, filledQuantity]) =>
            theirs({
              clientOrderId: `o-${number}`,
              brokerOrderId: `B${number}`,
              state: each,
              filledQuantity,
            }),
          );
          const witnesses = new Map(rows(ledger).map((each) => [each.clientOrderId, each]));
          const first = books({ ours: rows(tradebook), theirs: told });
          const { repair, findings } = settleOrders(first, witnesses);
          const repaired = new Map(first.ours.map((each) => [each.clientOrderId, each]));
          for (const key of repair) {
            const row = witnesses.get(key);
            if (row) repaired.set(key, row);
          }
          const again = settleOrders({ ...first, ours: [...repaired.values()] }, witnesses);
          expect(again.repair).toEqual([]);
          expect(again.findings.filter(open)).toEqual(findings.filter(open));
        },
      ),
    );
  });
});
