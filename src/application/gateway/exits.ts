/**
 * Which orders may go while entries are refused here. One that says `reduceOnly` is meant as a way out
 * and always goes. One that does not say so goes where it is proven to be one, whichever book is right.
 */
import { decimal, maxDecimal, ZERO, type Decimal } from "../../domain/decimal.ts";
import type { ApprovedOrder } from "../../domain/order.ts";
import type { GatewayContext } from "./context.ts";
import { doubtOf } from "./reconcile-notes.ts";
import { blockReason } from "./reconcile.ts";
import { filledAtBroker, instrumentOf, type GatewayOrder } from "./record.ts";

/** By its word or by the ledger's proof: enough while the ledger's position is not in doubt. */
export const isExit = ({ intent, onlyReduces }: ApprovedOrder): boolean =>
  intent.reduceOnly || onlyReduces === true;

/** Why an order may not go into an instrument whose position is not agreed upon; null when it may. */
export function whyBlocked(context: GatewayContext, approved: ApprovedOrder): string | null {
  const reason = blockReason(context, approved.intent.instrument);
  if (reason === null || approved.intent.reduceOnly) return null;
  return isExit(approved) && reducesAtBroker(context, approved) ? null : reason;
}

/**
 * By quantity: all that is open on its side together closes no more than the broker says that there is.
 * Anything booked since the broker said so makes that an old word.
 */
function reducesAtBroker(context: GatewayContext, { intent }: ApprovedOrder): boolean {
  const { store } = context;
  if (store.number("fills_booked") !== store.number("fills_compared")) return false;
  const doubt = doubtOf(context, intent.instrument);
  // Frozen, and agreeing again: the ledger's proof is the broker's, too.
  if (!doubt) return true;
  const { side, clientOrderId } = intent;
  const theirs = decimal(doubt.theirs ?? "0");
  const closable = maxDecimal(ZERO, side === "sell" ? theirs : theirs.neg());
  const open = store
    .live()
    .filter((each) => each.clientOrderId !== clientOrderId && sideOf(each) === side)
    .filter((each) => instrumentOf(each) === intent.instrument)
    .reduce((sum, each) => sum.plus(restOf(each)), ZERO);
  return open.plus(decimal(intent.quantity)).lte(closable);
}

const sideOf = ({ approved, external }: GatewayOrder) => approved?.intent.side ?? external?.side;

/** On the larger of its present and its asked terms. */
function restOf(order: GatewayOrder): Decimal {
  const { terms, changes } = order;
  const quantity = decimal(terms?.quantity ?? "0");
  const most = maxDecimal(quantity, decimal(changes?.quantity ?? "0"));
  return maxDecimal(ZERO, most.minus(filledAtBroker(order)));
}
