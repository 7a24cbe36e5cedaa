/** `QUANTITY_LIMITS`: the exchange's smallest and largest order, and a modify below what is filled. */
import { decimal, ZERO } from "../../decimal.ts";
import { fits } from "../margin.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const quantityLimits: RiskCheck = {
  applies: "every",
  check({ facts, intent, quantity, remaining, replaced, lowers }, note) {
    if (!facts.instrument) return null;
    const scope = `instrument:${intent.instrument}`;
    const { minQuantity, maxQuantity } = facts.instrument;
    const least = decimal(minQuantity);
    const most = decimal(maxQuantity);
    const of = { scope, unit: "units", asked: quantity } as const;
    note?.({ ...of, limit: least, room: quantity.minus(least) });
    if (quantity.lte(ZERO) || quantity.lt(least))
      return refuse(
        "QUANTITY_LIMITS",
        { scope, limit: least, asked: quantity },
        `Quantity ${intent.quantity} is below the smallest order of ${intent.instrument}, ${minQuantity}; ask for more.`,
      );
    // Less of what stands is nearer to it, where the exchange has made its largest order smaller since.
    if (!lowers && !fits({ ...of, limit: most, after: quantity }, note))
      return refuse(
        "QUANTITY_LIMITS",
        { scope, limit: most, asked: quantity },
        `Quantity ${intent.quantity} is above the largest order of ${intent.instrument}, ${maxQuantity}; split it.`,
      );
    if (replaced && remaining.lte(ZERO))
      return refuse(
        "QUANTITY_LIMITS",
        { scope, limit: replaced.filled, asked: quantity, have: replaced.filled },
        `${replaced.order.filledQuantity} of order ${intent.clientOrderId} is already filled; cancel it instead of lowering it to ${intent.quantity}.`,
      );
    return null;
  },
};
