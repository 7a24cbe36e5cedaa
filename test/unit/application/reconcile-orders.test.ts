/** What a person executed of an order counts in the day's comparison on whatever day that was. */
import { expect, test } from "vitest";
import { readOrders } from "../../../src/application/reconcile-orders.ts";
import type { BrokerBook } from "../../../src/application/reconcile-port.ts";
import type { BookOrder, ByHand } from "../../../src/domain/reconciliation/orders.ts";
import { differenceText } from "../../../src/domain/reconciliation/three-way.ts";
import { brokerOrderWith, START } from "../../support/orders/scripted.ts";

const row: BookOrder = {
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  account: "simulated",
  instrument: "SIM:AAA",
  state: "canceled",
  quantity: "20",
  filledQuantity: "14",
  timeInForce: "gtc",
  updatedAt: START,
};

function compared(byHand: ByHand[], filledQuantity: string) {
  const asked: string[] = [];
  const ledgerAsked: string[] = [];
  const theirs: BrokerBook = {
    executions: [],
    orders: [brokerOrderWith({ state: "canceled", filledQuantity })],
    positions: [],
    balances: [],
    askedAt: START,
  };
  const book = {
    orders: async () => [row],
    ordersOfBroker: async () => [],
    byHand: async (account: string) => {
      asked.push(account);
      return byHand;
    },
  };
  const ledger = {
    order: async (id: string) => {
      ledgerAsked.push(id);
      return null;
    },
  };
  const read = readOrders({ book, ledger }, "simulated", theirs);
  return read.then(({ findings }) => ({ findings, asked, ledgerAsked }));
}

test("an order that was executed by hand and lived is no difference, and the ledger is asked nothing", async () => {
  const byHand = [{ clientOrderId: "o-1", brokerOrderId: "X1", quantity: "10" }];
  expect(await compared(byHand, "4")).toEqual({
    findings: [],
    asked: ["simulated"],
    ledgerAsked: [],
  });
});

test("where a fill there is missing here, the report says so of the broker's own part", async () => {
  const byHand = [{ clientOrderId: "o-1", brokerOrderId: "X1", quantity: "10" }];
  const { findings } = await compared(byHand, "6");
  expect(findings.map(differenceText)).toEqual([
    "Order o-1 has filled 4 here, beside 10 that a person executed, and 6 at the broker.",
  ]);
});

test("without a person's word it is one", async () => {
  const { findings, ledgerAsked } = await compared([], "4");
  expect(findings.map(({ difference }) => difference.kind)).toEqual(["order_filled_differs"]);
  expect(ledgerAsked).toEqual(["o-1"]);
});

test("where all agree, nobody is asked for what people did", async () => {
  expect((await compared([], "14")).asked).toEqual([]);
});
