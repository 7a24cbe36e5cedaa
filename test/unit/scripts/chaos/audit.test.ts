/** The comparison of books at the end of a chaotic run: each kind of disagreement is seen, and agreement is not one. */
import { describe, expect, test } from "vitest";
import { violations, type Books, type LedgerOrder } from "../../../../scripts/chaos/audit.ts";

const order = (clientOrderId: string, more: Partial<LedgerOrder> = {}): LedgerOrder => ({
  clientOrderId,
  instrument: "NSE:INFY",
  side: "buy",
  state: "filled",
  filledQuantity: "10",
  ...more,
});

const FILL = {
  executionId: "E1",
  clientOrderId: "a",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "10",
} as const;

/** One order that filled, and every book says so. */
const agreeing = (): Books => ({
  asked: [{ clientOrderId: "a", answer: "accepted", code: null }],
  ledger: [order("a")],
  tradebook: [{ clientOrderId: "a", state: "filled", filledQuantity: "10.0" }],
  tradebookExecutions: [FILL],
  openDeadLetters: [],
  positions: [{ instrument: "NSE:INFY", quantity: "10" }],
  broker: [{ clientOrderId: "a", state: "filled", filledQuantity: "10" }],
  brokerExecutions: [FILL],
  brokerPositions: [{ instrument: "NSE:INFY", quantity: "10" }],
  duplicates: 0,
});

/** The same books with the order in another state here and there. */
const inStates = (state: LedgerOrder["state"], there: string | null): Books => ({
  ...agreeing(),
  asked: [],
  ledger: [order("a", { state, filledQuantity: "0" })],
  tradebook: [{ clientOrderId: "a", state, filledQuantity: "0" }],
  tradebookExecutions: [],
  positions: [],
  broker: there === null ? [] : [{ clientOrderId: "a", state: there, filledQuantity: "0" }],
  brokerExecutions: [],
  brokerPositions: [],
});

test("books that agree have no violation", () => {
  expect(violations(agreeing())).toEqual([]);
});

describe("a disagreement is named", () => {
  test.each<[string, Partial<Books>, string]>([
    [
      "an intent without an answer",
      { asked: [{ clientOrderId: "a", answer: "open", code: null }] },
      "a never got an answer",
    ],
    [
      "an accepted intent that is gone",
      { asked: [{ clientOrderId: "z", answer: "accepted", code: null }] },
      "z was accepted, and is gone",
    ],
    [
      "an accepted intent that is refused later",
      { asked: [{ clientOrderId: "a", answer: "accepted", code: "409 after it was accepted" }] },
      "a was answered 409",
    ],
    ["a row that the tradebook lacks", { tradebook: [] }, "a is not in the tradebook"],
    [
      "a fill that is in the tradebook twice",
      { tradebookExecutions: [FILL, FILL] },
      "1 at the exchange, 2 here",
    ],
    ["a fill that the tradebook lacks", { tradebookExecutions: [] }, "1 at the exchange, 0 here"],
    [
      "another position",
      { positions: [{ instrument: "NSE:INFY", quantity: "9" }] },
      "holds 10, the ledger 9",
    ],
    [
      "a position that only the exchange has",
      {
        brokerPositions: [
          { instrument: "NSE:TCS", quantity: "1" },
          { instrument: "NSE:INFY", quantity: "10" },
        ],
      },
      "NSE:TCS: the exchange holds 1",
    ],
    [
      "an order that reached the exchange twice",
      { duplicates: 1 },
      "1 orders reached the exchange twice",
    ],
    [
      "an order that nobody here knows",
      { broker: [...agreeing().broker, { clientOrderId: "y", state: "new", filledQuantity: "0" }] },
      "y stands at the exchange",
    ],
    [
      "another filled quantity",
      { broker: [{ clientOrderId: "a", state: "filled", filledQuantity: "9" }] },
      "the exchange filled 9",
    ],
  ])("%s", (_, change, sentence) => {
    expect(violations({ ...agreeing(), ...change }).join("\n")).toContain(sentence);
  });

  test.each<[LedgerOrder["state"], string | null]>([
    ["unknown", null],
    ["pending_new", null],
    ["pending_cancel", "new"],
    ["denied", "new"],
    ["canceled", "new"],
    ["rejected", "expired"],
    ["new", null],
    ["new", "canceled"],
    ["expired", null],
    ["filled", "new"],
    ["dead_lettered", null],
  ])("an order that is %s here and %s there, with nobody told", (state, there) => {
    expect(violations(inStates(state, there))).not.toEqual([]);
  });

  test.each<[LedgerOrder["state"], string | null]>([
    ["denied", null],
    ["canceled", null],
    ["canceled", "canceled"],
    ["rejected", null],
    ["new", "new"],
    ["replaced", "new"],
    ["expired", "expired"],
  ])("but not one that is %s here and %s there", (state, there) => {
    expect(violations(inStates(state, there))).toEqual([]);
  });

  test("nor one that lies on the desk", () => {
    const books = { ...inStates("dead_lettered", "new"), openDeadLetters: ["a"] };
    expect(violations(books)).toEqual([]);
  });
});
