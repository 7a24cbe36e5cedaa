/** Intents, facts and marks for tests of the ledger: sensible ones, with the differences named by the test. */
import type { Instrument } from "../../../src/domain/instrument.ts";
import type { Execution, OrderEvent, OrderIntent, OrderPost } from "../../../src/domain/order.ts";
import type { DecideFacts } from "../../../src/domain/risk/case.ts";
import type { Explanation } from "../../../src/domain/risk/explain.ts";
import type { Mark } from "../../../src/domain/tick.ts";

export const INSTRUMENT: Instrument = {
  id: "XNAS:ACME",
  exchange: "XNAS",
  symbol: "ACME",
  name: "Acme",
  kind: "equity",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  minQuantity: "1",
  maxQuantity: "100000",
  tradable: true,
  calendar: "always",
};

export const instrumentWith = (changes: Partial<Instrument>): Instrument => ({
  ...INSTRUMENT,
  ...changes,
});

export const EXPLAINED: Explanation = {
  version: 3,
  refusedBy: null,
  onlyReduces: false,
  moneyAtRisk: "15000.5",
  notional: "15000.5",
  checks: [],
};

let orders = 0;

/** A limit order to buy 10 at 100, unless said otherwise. Each has an id of its own. */
export const intentWith = (changes: Partial<OrderIntent> = {}): OrderIntent => ({
  clientOrderId: `order-${++orders}`,
  algoId: "algo-a",
  account: "paper",
  instrument: INSTRUMENT.id,
  side: "buy",
  type: "limit",
  quantity: "10",
  limitPrice: "100",
  stopPrice: null,
  timeInForce: "day",
  protectiveStop: null,
  reduceOnly: false,
  ...changes,
});

export const markOf = (time: number, price = 100, instrument = INSTRUMENT.id): Mark => ({
  instrument,
  price,
  bid: price,
  ask: price,
  time,
  provider: "paper",
});

export const factsWith = (changes: Partial<DecideFacts> = {}): DecideFacts => ({
  instrument: INSTRUMENT,
  marketOpen: true,
  brokerRefusal: null,
  mark: null,
  ...changes,
});

let posts = 0;

export const postOf = (clientOrderId: string, event: OrderEvent, at = 0): OrderPost => ({
  eventId: `event-${++posts}`,
  clientOrderId,
  event,
  at,
});

let executions = 0;

export const fillOf = (
  intent: Pick<OrderIntent, "clientOrderId" | "account" | "instrument" | "side">,
  quantity: string,
  price: string,
  changes: Partial<Execution> = {},
): OrderEvent => ({
  kind: "filled",
  execution: {
    executionId: `execution-${++executions}`,
    clientOrderId: intent.clientOrderId,
    brokerOrderId: `broker-${intent.clientOrderId}`,
    account: intent.account,
    instrument: intent.instrument,
    side: intent.side,
    quantity,
    price,
    fee: "0",
    feeCurrency: "USD",
    executedAt: 0,
    ...changes,
  },
});

export const acceptedAs = (brokerOrderId: string): OrderEvent => ({
  kind: "accepted",
  brokerOrderId,
  pendingTrigger: false,
});
