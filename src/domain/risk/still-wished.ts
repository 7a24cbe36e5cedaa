/** What is wished of an order and not answered shows in its state, whatever else is told of it meanwhile. Pure. */
import type { Order } from "../order.ts";
import type { LedgerOrder } from "./state.ts";

/** Where an order may rest that nothing more is wished of. */
const RESTING: ReadonlySet<Order["state"]> = new Set([
  "new",
  "partially_filled",
  "pending_trigger",
  "replaced",
]);

/** Where a wish to cancel is one to be brought to the gateway, until the broker has answered it. */
const CANCELABLE: ReadonlySet<Order["state"]> = new Set([
  ...RESTING,
  "pending_replace",
  "suspended",
]);

/** The state of an order that news brings to `next`. */
export const stillWished = (entry: LedgerOrder, next: Order["state"]): Order["state"] =>
  stillToCancel(entry, stillAsked(entry, next));

/**
 * New terms wait for their answer whatever else is told of the order meanwhile: a cancel that overtook them and
 * was refused, a doubt that is over. Whoever looks for what is unanswered looks for this state.
 */
const stillAsked = (entry: LedgerOrder, next: Order["state"]): Order["state"] =>
  entry.asked !== null && RESTING.has(next) ? "pending_replace" : next;

/**
 * A wish to cancel outlives the doubt that overtook it: what is found alive is what was to be canceled, and what
 * turns out never to have left is what nobody wants to leave.
 */
function stillToCancel(entry: LedgerOrder, next: Order["state"]): Order["state"] {
  if (!entry.cancelWished) return next;
  if (next === "pending_new") return "canceled";
  return CANCELABLE.has(next) ? "pending_cancel" : next;
}
