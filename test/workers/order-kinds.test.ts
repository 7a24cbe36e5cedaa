/** Every order type with every time in force, from the request to the exchange, and what the ledger holds for it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderRequestInput } from "../../src/contract/orders.ts";
import { TIMES_IN_FORCE, type OrderState } from "../../src/domain/order.ts";
import {
  atBroker,
  endFlow,
  RESTING,
  startFlow,
  until,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeAll(async () => {
  flow = await startFlow();
});

afterAll(() => endFlow(flow));

/** Far from the market, on the side where the order waits. */
const KINDS: [string, Partial<OrderRequestInput>, OrderState, OrderState][] = [
  ["market", { type: "market" }, "filled", "filled"],
  ["limit", RESTING, "new", "canceled"],
  ["stop", { type: "stop", stopPrice: 1900 }, "pending_trigger", "pending_trigger"],
  [
    "stop_limit",
    { type: "stop_limit", stopPrice: 1900, limitPrice: 1910 },
    "pending_trigger",
    "pending_trigger",
  ],
];

describe.each(KINDS)("a %s order", (type, terms, resting, immediate) => {
  test.each(TIMES_IN_FORCE)(
    "%s goes to the exchange as it is, and the ledger follows it",
    async (timeInForce) => {
      const before = Number((await flow.ledger.status()).moneyAtRisk);
      const { clientOrderId } = await flow.place({ ...terms, timeInForce, quantity: 1 });
      const state = timeInForce === "ioc" ? immediate : resting;
      await until(async () => (await flow.order(clientOrderId)).state === state);
      expect(await atBroker(flow, clientOrderId)).toMatchObject([{ type, timeInForce, state }]);
      // A buy without a protective stop risks its whole price, open or filled: some 1,500 INR, in the base
      // currency; one that ended risks nothing.
      const risk = Number((await flow.ledger.status()).moneyAtRisk) - before;
      expect([risk === 0, risk > 15]).toEqual([state === "canceled", state !== "canceled"]);
    },
  );
});
