/** Whether an intent may become an order. The only maker of an approved order; it changes nothing. */
import { decimal, ZERO } from "../decimal.ts";
import type { ApprovedOrder, Order, OrderIntent, ReservedOrder } from "../order.ts";
import { caseOf, reservedUnit, type DecideFacts, type IntentCase } from "./case.ts";
import { appliesTo } from "./checks/check.ts";
import { RISK_CHECKS } from "./checks/index.ts";
import { reduceOnly } from "./checks/reduce-only.ts";
import { assert } from "../assert.ts";
import { fundsNeeded } from "./needs.ts";
import { nextVersion, type Reservation } from "./ledger.ts";
import { killScopes } from "./checks/scopes.ts";
import type { Refusal } from "./refusal.ts";
import { refusalByNow } from "./still-permitted.ts";
import type { LedgerState } from "./state.ts";

export type Decision =
  | { kind: "approved"; order: Order; approved: ApprovedOrder; reservation: Reservation }
  /** The same id with the same body was seen before. */
  | { kind: "existing"; order: Order }
  | { kind: "denied"; refusal: Refusal; order: Order };

/** Decides on the state as it stands at `now`. The caller applies the outcome in the same breath. */
export function decide(
  state: LedgerState,
  intent: OrderIntent,
  facts: DecideFacts,
  now: number,
): Decision {
  const known = state.orders.get(intent.clientOrderId);
  if (known && sameIntent({ ...known.order, ...known.original }, intent))
    return { kind: "existing", order: known.order };
  const each = caseOf(state, intent, facts, now);
  // An exit is sized before all else: what goes beyond the position would pass for an entry, and be refused as one.
  const tooMuch = intent.exit && !known ? reduceOnly.check(each) : null;
  const refusal = tooMuch ?? firstRefusal(each);
  if (refusal)
    return { kind: "denied", refusal, order: orderOf(state, intent, "denied", refusal, now) };
  const unit = reservedUnit(each);
  assert(unit && facts.instrument, "an approved order has a price and an instrument");
  const reserved: ReservedOrder = {
    intent,
    ledgerVersion: nextVersion(state),
    epoch: state.epoch,
    approvedAt: now,
    ...(each.onlyReduces ? { onlyReduces: true as const } : {}),
    ...(facts.flattens === true ? { flattens: true as const } : {}),
  };
  return {
    kind: "approved",
    order: orderOf(state, intent, "pending_new", null, now),
    approved: approve(reserved),
    reservation: {
      unit,
      currency: facts.instrument.currency,
      funds: fundsNeeded(each) ?? ZERO,
    },
  };
}

/** The first check that refuses. */
export function firstRefusal(each: IntentCase): Refusal | null {
  for (const [, check] of RISK_CHECKS) {
    if (!appliesTo(check, each)) continue;
    const refusal = check.check(each);
    if (refusal) return refusal;
  }
  return null;
}

/** An order that was approved, and not sent yet. `approvedAt` is in ms since 1970. */
export type StandingApproval =
  | { kind: "permitted"; approvedAt: number; approved: ApprovedOrder }
  /** Still wanted, and not to be sent as things stand: the price may be old, say, while its broker is away. */
  | { kind: "refused"; approvedAt: number; refusal: Refusal };

/**
 * The approval again, for a retry or after a crash between reserve and submit; null when the order is not
 * wanted any more, whatever comes. An approved order keeps the version of its reservation, so that a kill
 * switch which came since stops it at the gateway, too. It keeps its epoch, but for a bracket's exit: that is its
 * gateway's own, whichever region trades, and goes under the lease of now.
 */
export function approvedAgain(
  state: LedgerState,
  order: Order,
  now: number,
): StandingApproval | null {
  const entry = state.orders.get(order.clientOrderId);
  if (!entry || order.state !== "pending_new") return null;
  const epoch = order.exit ? Math.max(order.epoch, state.epoch) : order.epoch;
  if (epoch < state.epoch) return null;
  const halted = killScopes(order).some(
    (scope) => state.tradingStates.get(scope)?.state === "halted",
  );
  if (halted) return null;
  const { ledgerVersion, createdAt: approvedAt } = order;
  const refusal = refusalByNow(state, entry, now);
  if (refusal) return { kind: "refused", approvedAt, refusal };
  const approved = approve({ intent: intentOf(order), ledgerVersion, epoch, approvedAt });
  return { kind: "permitted", approvedAt, approved };
}

/** The one cast in the product that makes an approved order. */
const approve = (order: ReservedOrder): ApprovedOrder => order as ApprovedOrder;

/** The same order asked for again: decimals by value, everything else to the letter. */
function sameIntent(known: OrderIntent, intent: OrderIntent): boolean {
  return (
    known.algoId === intent.algoId &&
    known.account === intent.account &&
    known.instrument === intent.instrument &&
    known.side === intent.side &&
    known.type === intent.type &&
    known.timeInForce === intent.timeInForce &&
    known.reduceOnly === intent.reduceOnly &&
    sameBracket(known, intent) &&
    sameValue(known.quantity, intent.quantity) &&
    sameValue(known.limitPrice, intent.limitPrice) &&
    sameValue(known.stopPrice, intent.stopPrice) &&
    sameValue(known.protectiveStop, intent.protectiveStop)
  );
}

const sameBracket = ({ bracket: a, exit: b }: OrderIntent, intent: OrderIntent): boolean =>
  sameValue(a?.stopPrice ?? null, intent.bracket?.stopPrice ?? null) &&
  sameValue(a?.stopLimitPrice ?? null, intent.bracket?.stopLimitPrice ?? null) &&
  sameValue(a?.targetPrice ?? null, intent.bracket?.targetPrice ?? null) &&
  b?.entry === intent.exit?.entry &&
  b?.pair === intent.exit?.pair &&
  b?.leg === intent.exit?.leg;

const sameValue = (a: string | null, b: string | null): boolean =>
  a === b || (a !== null && b !== null && decimal(a).eq(decimal(b)));

function orderOf(
  state: LedgerState,
  intent: OrderIntent,
  orderState: "denied" | "pending_new",
  refusal: Refusal | null,
  now: number,
): Order {
  return {
    ...intentOf(intent),
    state: orderState,
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: null,
    refusal,
    reason: refusal?.message ?? null,
    ledgerVersion: nextVersion(state),
    epoch: state.epoch,
    createdAt: now,
    updatedAt: now,
  };
}

/** Just the intent's own fields, whatever else the object carries. */
export const intentOf = (intent: OrderIntent): OrderIntent => ({
  clientOrderId: intent.clientOrderId,
  algoId: intent.algoId,
  account: intent.account,
  instrument: intent.instrument,
  side: intent.side,
  type: intent.type,
  quantity: intent.quantity,
  limitPrice: intent.limitPrice,
  stopPrice: intent.stopPrice,
  timeInForce: intent.timeInForce,
  protectiveStop: intent.protectiveStop,
  reduceOnly: intent.reduceOnly,
  ...(intent.bracket ? { bracket: intent.bracket } : {}),
  ...(intent.exit ? { exit: intent.exit } : {}),
});
