/** Views as the platform gives them, with what a test does not care about filled in. */
import type { OrderView } from "../../../src/contract/orders.ts";
import type { RiskStatusView } from "../../../src/contract/risk.ts";
import type { Tick } from "../../src/decode.ts";

/** `over` is whatever a test sent or wants back, so its shape is not checked. */
export function orderView(over: Record<string, unknown> = {}): OrderView {
  const view: OrderView = {
    clientOrderId: "order-1",
    algoId: "test-algo",
    account: "paper",
    instrument: "NSE:INFY",
    side: "buy",
    type: "market",
    quantity: "1",
    limitPrice: null,
    stopPrice: null,
    timeInForce: "day",
    protectiveStop: null,
    reduceOnly: false,
    state: "new",
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: "b1",
    refusal: null,
    reason: null,
    ledgerVersion: 1,
    epoch: 1,
    createdAt: 1_000,
    updatedAt: 1_000,
  };
  return Object.assign(view, over);
}

export function riskView(): RiskStatusView {
  return {
    portfolio: "main",
    baseCurrency: "INR",
    version: 1,
    tradingStates: [],
    unknownTrips: [],
    moneyAtRisk: "0",
    grossExposure: "0",
    netExposure: "0",
    openOrders: 0,
    equity: "1000",
    dayProfit: "0",
    drawdown: "0",
    outbox: 0,
  };
}

export function tickOf(over: Partial<Tick> = {}): Tick {
  return {
    instrument: "NSE:INFY",
    last: 100,
    lastQuantity: 1,
    bid: null,
    bidQuantity: null,
    ask: null,
    askQuantity: null,
    volume: null,
    exchangeTime: 60_000,
    receivedTime: 60_001,
    provider: "paper",
    epoch: 1,
    seq: 1,
    late: false,
    snapshot: false,
    ...over,
  };
}
