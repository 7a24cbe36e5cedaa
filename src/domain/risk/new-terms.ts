/** What the broker tells of an order's terms, beside those that were asked for and are not answered yet. */
import { decimal, maxDecimal, type Decimal } from "../decimal.ts";
import type { Order, OrderEvent } from "../order.ts";
import { unitRiskNow } from "./pricing.ts";
import type { LedgerOrder, LedgerState } from "./state.ts";

/**
 * Whether it is the answer to the new terms that were asked for. Other terms that the broker tells of meanwhile,
 * older ones a second time or what somebody has changed there by hand, are none: the new ones may still come.
 */
export function answersAsked({ asked, order }: LedgerOrder, event: OrderEvent): boolean {
  if (!asked) return false;
  if (event.kind === "replace_rejected") return true;
  if (event.kind !== "replaced") return false;
  const { changes } = event;
  return (["quantity", "limitPrice", "stopPrice"] as const).every((field) => {
    const wanted = asked.changes[field];
    const now = changes[field] ?? order[field];
    return wanted === null || (now !== null && decimal(now).eq(decimal(wanted)));
  });
}

/** With all that is committed for it: of terms that are not answered yet, only their answer shows that. */
export const showsTheBrokerHasIt = (
  { asked }: LedgerOrder,
  { kind }: OrderEvent,
  answered: boolean,
): boolean =>
  kind === "replaced"
    ? !asked || answered
    : !asked && (kind === "accepted" || kind === "triggered");

/** A confirmed modify brings its terms, and the unit risk that was reserved for them; a revived order what a person executed beside it. */
export function newTerms(
  state: LedgerState,
  entry: LedgerOrder,
  event: OrderEvent,
  answered: boolean,
): Partial<Pick<Order, "quantity" | "limitPrice" | "stopPrice">> {
  if (event.kind === "accepted")
    return event.quantity === undefined ? {} : { quantity: event.quantity };
  if (event.kind !== "replaced") return {};
  const { quantity, limitPrice, stopPrice } = event.changes;
  const terms = {
    quantity: quantity ?? entry.order.quantity,
    limitPrice: limitPrice ?? entry.order.limitPrice,
    stopPrice: stopPrice ?? entry.order.stopPrice,
  };
  // A modify made by hand at the broker was never priced here.
  const asked = answered ? entry.asked?.unit : undefined;
  entry.unit = asked ?? unitRiskNow(state, { ...entry.order, ...terms }) ?? entry.unit;
  return terms;
}

/** While a modify is not answered, the order is only full when the larger of both quantities is. */
export const mostQuantity = (entry: LedgerOrder): Decimal =>
  entry.asked ? maxDecimal(entry.quantity, entry.asked.quantity) : entry.quantity;
