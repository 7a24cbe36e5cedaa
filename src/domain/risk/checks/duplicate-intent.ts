/** `DUPLICATE_INTENT`: a client order id stands for one order. The same body again was answered before this check. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const duplicateIntent: RiskCheck = {
  applies: "every",
  check({ state, intent, replaced }) {
    if (replaced || !state.orders.has(intent.clientOrderId)) return null;
    return refuse(
      "DUPLICATE_INTENT",
      { scope: `algo:${intent.algoId}` },
      `Client order id ${intent.clientOrderId} already stands for an order with other terms; use a new id for a new order.`,
    );
  },
};
