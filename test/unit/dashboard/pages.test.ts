/** What the pages compute: the order ticket, open orders, the risk map. */
import { describe, expect, test } from "vitest";
import { mergeOpenOrder } from "../../../dashboard/src/api/open-orders.ts";
import { trendPath } from "../../../dashboard/src/pages/market/trend-path.ts";
import {
  emptyTicket,
  estimatedNotional,
  problemsOf,
  questionOf,
  requestOf,
  type Ticket,
} from "../../../dashboard/src/pages/orders/ticket-state.ts";
import { cellName, heatMap } from "../../../dashboard/src/pages/risk/heat.ts";
import { riskDays } from "../../../dashboard/src/pages/risk/risk-days.ts";
import { explainQuery } from "../../../src/contract/explorer.ts";
import { orderRequest, type OrderView } from "../../../src/contract/orders.ts";
import type { ExposureView } from "../../../src/contract/risk.ts";

const ticket = (part: Partial<Ticket>): Ticket => ({
  ...emptyTicket("NSE:INFY", "buy"),
  quantity: "10",
  limitPrice: "1500.05",
  ...part,
});

describe("the order ticket", () => {
  test("is sent as the contract wants it", () => {
    const request = requestOf(ticket({ protectiveStop: " 1480 " }), "one");
    expect(orderRequest.parse(request)).toMatchObject({
      clientOrderId: "one",
      limitPrice: "1500.05",
      protectiveStop: "1480",
      timeInForce: "day",
    });
  });

  test("is asked of the risk checks as the contract wants it, without an id", () => {
    const question = questionOf(ticket({ protectiveStop: "1480", reduceOnly: true }));
    expect(question).not.toHaveProperty("clientOrderId");
    const asked = Object.entries(question).filter(([, value]) => value !== undefined);
    const query = Object.fromEntries(asked.map(([name, value]) => [name, String(value)]));
    expect(explainQuery.parse(query)).toMatchObject({
      algoId: "manual",
      quantity: "10",
      limitPrice: "1500.05",
      reduceOnly: true,
      round: false,
    });
  });

  test.each([
    ["market", []],
    ["limit", ["limitPrice"]],
    ["stop", ["stopPrice"]],
    ["stop_limit", ["limitPrice", "stopPrice"]],
  ] as const)("of type %s carries just the prices of that type", (type, prices) => {
    const request = requestOf(ticket({ type, limitPrice: "2", stopPrice: "1" }), "one");
    const given = (["limitPrice", "stopPrice"] as const).filter((name) => request[name]);
    expect(given).toEqual(prices);
    expect(problemsOf(ticket({ type, limitPrice: "2", stopPrice: "1" }))).toEqual({});
  });

  test("names each field that is wrong", () => {
    const problems = problemsOf(
      ticket({ instrument: "infy", quantity: "0", limitPrice: "", protectiveStop: "x" }),
    );
    expect(Object.keys(problems).sort()).toEqual([
      "instrument",
      "limitPrice",
      "protectiveStop",
      "quantity",
    ]);
  });

  test("carries a bracket once one of its prices is typed, and names the price that is missing or wrong", () => {
    expect(requestOf(ticket({}), "one").bracket).toBeUndefined();
    const both = ticket({ bracketStop: " 1400 ", bracketTarget: "1700", round: true });
    expect(orderRequest.parse(requestOf(both, "one"))).toMatchObject({
      bracket: { stopPrice: "1400", targetPrice: "1700" },
      round: true,
    });
    expect(questionOf(both)).toMatchObject({ protectiveStop: "1400", round: true });
    expect(questionOf(both)).not.toHaveProperty("bracket");
    expect(Object.keys(problemsOf(ticket({ bracketStop: "1400" })))).toEqual(["bracketTarget"]);
    expect(Object.keys(problemsOf({ ...both, bracketStop: "1600" }))).toEqual(["bracketStop"]);
  });

  test("estimates its notional exactly, and says nothing of half a number", () => {
    expect(estimatedNotional(ticket({ quantity: "3", limitPrice: "0.1" }), null)).toBe("0.3");
    expect(estimatedNotional(ticket({ type: "market", quantity: "2" }), 1500.05)).toBe("3000.1");
    expect(estimatedNotional(ticket({ type: "market" }), null)).toBeNull();
    expect(estimatedNotional(ticket({ quantity: "1e" }), null)).toBeNull();
    expect(estimatedNotional(ticket({ quantity: "" }), null)).toBeNull();
  });
});

const order = (part: Partial<OrderView>): OrderView => ({
  clientOrderId: "a",
  algoId: "manual",
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: "10",
  limitPrice: "1500",
  stopPrice: null,
  timeInForce: "day",
  protectiveStop: null,
  reduceOnly: false,
  state: "new",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: "b",
  refusal: null,
  reason: null,
  ledgerVersion: 1,
  epoch: 1,
  createdAt: 1,
  updatedAt: 1,
  ...part,
});

const ids = (orders: OrderView[]): string[] => orders.map((one) => one.clientOrderId);

const row = (algoId: string, instrument: string, moneyAtRisk: string): ExposureView => ({
  algoId,
  instrument,
  currency: "INR",
  quantity: "1",
  openBuyQuantity: "0",
  openSellQuantity: "0",
  notional: moneyAtRisk,
  moneyAtRisk,
  moneyAtRiskDayMax: moneyAtRisk,
});

const day = (date: string, moneyAtRiskMax: string) => ({
  day: date,
  algoId: "a",
  instrument: "NSE:INFY",
  moneyAtRiskMax,
  notionalMax: "0",
  realisedProfit: "-1",
});

describe("open orders", () => {
  test("take a new order in at the top and drop one that has ended", () => {
    const two = mergeOpenOrder([order({})], order({ clientOrderId: "b", createdAt: 2 }));
    expect(ids(two)).toEqual(["b", "a"]);
    expect(ids(mergeOpenOrder(two, order({ state: "filled", updatedAt: 3 })))).toEqual(["b"]);
  });

  test("keep an order whose outcome is unknown: it may still trade", () => {
    expect(mergeOpenOrder([], order({ state: "unknown" }))).toHaveLength(1);
  });

  test("follow the frames as they come, whatever clock the order carries", () => {
    const known = [order({ state: "new", updatedAt: 5 })];
    const fill = order({ state: "partially_filled", filledQuantity: "4", updatedAt: 3 });
    expect(mergeOpenOrder(known, fill)).toEqual([fill]);
  });

  test("never lose a fill to an older view", () => {
    const known = [order({ state: "partially_filled", filledQuantity: "10" })];
    expect(mergeOpenOrder(known, order({ filledQuantity: "9.5" }))).toEqual(known);
    const same = order({ state: "pending_cancel", filledQuantity: "10" });
    expect(mergeOpenOrder(known, same)).toEqual([same]);
  });
});

describe("pictures", () => {
  test("a trend line runs from left to right inside its box, and needs two values", () => {
    expect(trendPath([1], 76, 26)).toBeNull();
    expect(trendPath([1, 3, 2], 76, 26)).toBe("M0.0,24.5L38.0,1.5L76.0,13.0");
    expect(trendPath([5, 5], 76, 26)).toBe("M0.0,24.5L76.0,24.5");
  });

  test("the risk map puts the riskiest first, adds up exactly, and leaves out what is safe", () => {
    const map = heatMap([
      row("a", "NSE:INFY", "0.1"),
      row("b", "NSE:INFY", "0.2"),
      row("b", "NSE:TCS", "5"),
      row("c", "NSE:TCS", "0"),
    ]);
    expect(map.algos).toEqual([
      { name: "b", total: "5.2" },
      { name: "a", total: "0.1" },
    ]);
    expect(map.instruments).toEqual([
      { name: "NSE:TCS", total: "5" },
      { name: "NSE:INFY", total: "0.3" },
    ]);
    expect(map.cells.get(cellName("b", "NSE:INFY"))).toBe("0.2");
    expect(map.top).toBe(5);
  });

  test("risk days are added up by day, oldest first", () => {
    const days = riskDays([day("2026-11-20", "2"), day("2026-11-19", "1"), day("2026-11-20", "3")]);
    expect(days).toEqual([
      { day: "2026-11-19", moneyAtRisk: "1", realisedProfit: "-1" },
      { day: "2026-11-20", moneyAtRisk: "5", realisedProfit: "-2" },
    ]);
  });
});
