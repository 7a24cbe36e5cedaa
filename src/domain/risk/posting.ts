/** What happens to one order after it was reserved: its next state, its fills, and what they do to the position. */
import { assert, unreachable } from "../assert.ts";
import { decimal, decimalText, maxDecimal, meanText, ZERO, type Decimal } from "../decimal.ts";
import type { Execution, Order, OrderEvent, OrderPost } from "../order.ts";
import {
  closerState,
  type StateEvent,
  transition,
  transitionFlag,
  transitionOf,
} from "../order-state.ts";
import { fillPosition } from "../position.ts";
import { HAND_PREFIX } from "../reconciliation/synthetic-id.ts";
import {
  adoptFill,
  adoptOrder,
  commitStanding,
  describeHolding,
  takeAdoptedTerms,
  takeLastResort,
} from "./adoption.ts";
import { limitsPassedBy } from "./above.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import { rateOf, refreshHolding, refreshShare } from "./exposure.ts";
import { confirmFunds, settleFunds, withdrawAskedFunds } from "./funds.ts";
import { filledUnitRisk } from "./money-at-risk.ts";
import { answersAsked, mostQuantity, newTerms, showsTheBrokerHasIt } from "./new-terms.ts";
import { holdingFor, reserves, type Holding, type LedgerOrder, type LedgerState } from "./state.ts";
import { stillWished } from "./still-wished.ts";

/** What a post changed, for whoever stores and tells it. */
export interface Posted {
  entry: LedgerOrder | null;
  /** The fill that was booked. */
  execution: Execution | null;
  holding: Holding | null;
  /** Why somebody should look. */
  flag: string | null;
}

/**
 * Applies one event about one order. A pair that the state table refuses changes no state, but a fill
 * is booked whatever the state: what the broker executed is true. The caller keeps `eventId` and
 * `executionId` from coming here twice.
 */
export function applyPost(state: LedgerState, post: OrderPost): Posted {
  const known = state.orders.get(post.clientOrderId) ?? null;
  const { event, clientOrderId, at } = post;
  if (event.kind === "filled") {
    const entry = known ?? adoptFill(state, event.execution, at);
    return bookFill(state, entry, event.execution, at, known === null);
  }
  if (event.kind === "adopted")
    return applyAdopted(state, known ?? adoptOrder(state, clientOrderId, event, at), event, at);
  if (!known) return { entry: null, execution: null, holding: null, flag: null };
  if (event.kind === "described") {
    const holding = describeHolding(state, known, event.currency);
    return { entry: known, execution: null, holding, flag: null };
  }
  return applyNews(state, known, event, at);
}

/** It stands at the broker whatever the limits say: it is reserved, and what it passes is said. */
function applyAdopted(
  state: LedgerState,
  entry: LedgerOrder,
  event: Extract<OrderEvent, { kind: "adopted" }>,
  at: number,
): Posted {
  const unchanged = { entry, execution: null, holding: null };
  if (entry.order.algoId !== EXTERNAL_ALGO)
    return { ...unchanged, flag: "an order placed past the ledger has its id" };
  const next = transition(entry.order.state, "adopted");
  // It has ended since the broker was asked.
  if (!next.ok) return { ...unchanged, flag: null };
  takeAdoptedTerms(state, entry, event);
  entry.order = { ...entry.order, updatedAt: laterOf(entry, at) };
  const posted = settle(state, entry, closer(entry, next.value), null, null);
  if (!entry.commitment) commitStanding(state, entry, at);
  const passed = limitsPassedBy(state, entry.order);
  return { ...posted, flag: ["placed past the ledger", ...passed].join("; ") };
}

function applyNews(
  state: LedgerState,
  entry: LedgerOrder,
  event: Exclude<StateEvent, { kind: "filled" | "adopted" }>,
  at: number,
): Posted {
  const wasIdle = !reserves(entry);
  const name = transitionOf(event, "partly");
  const next = transition(entry.order.state, name);
  const flag = transitionFlag(entry.order.state, name);
  // Even news that changes no state may carry the broker's id, which a cancel will need.
  const known = event.kind === "accepted" ? event.brokerOrderId : null;
  const brokerOrderId = entry.order.brokerOrderId ?? known;
  if (!next.ok) {
    if (brokerOrderId === entry.order.brokerOrderId)
      return { entry, execution: null, holding: null, flag };
    entry.order = { ...entry.order, brokerOrderId, updatedAt: laterOf(entry, at) };
    return { entry, execution: null, holding: null, flag };
  }
  takeFacts(entry, event);
  const answered = answersAsked(entry, event);
  if (showsTheBrokerHasIt(entry, event, answered)) confirmFunds(state, entry, at);
  entry.order = {
    ...entry.order,
    ...newTerms(state, entry, event, answered),
    brokerOrderId,
    reason: reasonOf(event) ?? entry.order.reason,
    updatedAt: laterOf(entry, at),
  };
  if (event.kind === "replace_rejected") withdrawAskedFunds(state, entry);
  if (answered) entry.asked = null;
  // Its gateway, too, has forgotten what was wished of it before it ended.
  if (wasIdle) entry.asked = null;
  entry.quantity = decimal(entry.order.quantity);
  const posted = settle(state, entry, closer(entry, next.value), null, flag);
  return wasIdle ? reserveAgain(state, entry, posted, at) : posted;
}

/** It had ended here, and stands at the broker: a fact, so it is reserved whatever it passes, and that is said. */
function reserveAgain(state: LedgerState, entry: LedgerOrder, posted: Posted, at: number): Posted {
  if (!reserves(entry)) return posted;
  commitStanding(state, entry, at);
  const flags = [posted.flag, "reserved again", ...limitsPassedBy(state, entry.order)];
  return { ...posted, flag: flags.filter((each) => each !== null).join("; ") };
}

/** The broker's clock and ours differ; an order's time never goes back. */
const laterOf = (entry: LedgerOrder, at: number): number => Math.max(entry.order.updatedAt, at);

/** Keeps what later states need to know beside the state itself. */
function takeFacts(entry: LedgerOrder, event: OrderEvent): void {
  if (event.kind === "accepted") entry.untriggered = event.pendingTrigger;
  else if (event.kind === "triggered") entry.untriggered = false;
  else if (event.kind === "not_sent") entry.attempts = Math.max(entry.attempts, event.attempt);
  else if (event.kind === "dead_lettered") entry.label = event.label;
  else if (event.kind === "cancel_requested") entry.cancelWished = true;
  else if (event.kind === "cancel_rejected") entry.cancelWished = false;
}

function reasonOf(event: Exclude<StateEvent, { kind: "filled" | "adopted" }>): string | null {
  switch (event.kind) {
    case "rejected":
    case "cancel_rejected":
    case "canceled":
    case "replace_rejected":
    case "suspended":
    case "expired":
    case "not_sent":
    case "outcome_unknown":
    case "dead_lettered":
      return event.reason;
    case "discarded":
      return `discarded by ${event.by}: ${event.reason}`;
    case "accepted":
    case "triggered":
    case "cancel_requested":
    case "replace_requested":
    case "replaced":
      return null;
    default:
      return unreachable(event);
  }
}

function bookFill(
  state: LedgerState,
  entry: LedgerOrder,
  execution: Execution,
  at: number,
  external: boolean,
): Posted {
  const wasIdle = !reserves(entry);
  const quantity = decimal(execution.quantity);
  const price = decimal(execution.price);
  assert(quantity.gt(ZERO), `a fill of ${execution.quantity}`);
  assert(price.gte(ZERO), `a fill at ${execution.price}`);
  const holding = holdingFor(state, entry.order, null);
  const { side } = entry.order;
  const fee = feeOf(state, holding, execution);
  entry.filled = entry.filled.plus(quantity);
  entry.fillCost = entry.fillCost.plus(quantity.times(price));
  if (entry.order.algoId === EXTERNAL_ALGO)
    entry.quantity = maxDecimal(entry.quantity, entry.filled);
  holding.filled[side] = holding.filled[side].plus(quantity);
  const riskPerUnit = filledUnitRisk(side, price, entry.unit.stop);
  holding.position = fillPosition(holding.position, {
    side,
    quantity,
    price,
    riskPerUnit,
    fee: fee ?? ZERO,
  });
  if (entry.order.algoId === EXTERNAL_ALGO) takeLastResort(state, execution);
  // A person has closed it on its old terms: nobody answers the new ones any more.
  if (execution.executionId.startsWith(HAND_PREFIX)) {
    withdrawAskedFunds(state, entry);
    entry.asked = null;
  }
  // While new terms are not answered, a fill shows nothing of the money that they need.
  if (!entry.asked) confirmFunds(state, entry, at);
  const name = transitionOf(
    { kind: "filled", execution },
    entry.filled.gte(mostQuantity(entry)) ? "fully" : "partly",
  );
  const flags = [
    external ? "filled without an order of ours" : null,
    transitionFlag(entry.order.state, name),
    entry.filled.gt(mostQuantity(entry)) ? "filled beyond its quantity" : null,
    fee === null
      ? `its fee in ${execution.feeCurrency} has no rate and is not in the profit`
      : null,
  ];
  const next = transition(entry.order.state, name);
  if (!next.ok) flags.push(`filled although it was ${entry.order.state}`);
  entry.order = {
    ...entry.order,
    quantity: decimalText(entry.quantity),
    brokerOrderId: entry.order.brokerOrderId ?? execution.brokerOrderId,
    filledQuantity: decimalText(entry.filled),
    averagePrice: meanText(entry.fillCost.div(entry.filled)),
    updatedAt: laterOf(entry, at),
  };
  const flag = [...new Set(flags.filter((each) => each !== null))].join("; ") || null;
  const posted = settle(state, entry, next.ok ? next.value : entry.order.state, execution, flag);
  return wasIdle ? reserveAgain(state, entry, posted, at) : posted;
}

/** The fee in the instrument's currency; null when a rate is missing. */
function feeOf(state: LedgerState, holding: Holding, execution: Execution): Decimal | null {
  const fee = decimal(execution.fee);
  if (fee.eq(ZERO) || execution.feeCurrency === holding.currency) return fee;
  const from = rateOf(state, execution.feeCurrency);
  const to = rateOf(state, holding.currency);
  return from && to ? fee.times(from).div(to) : null;
}

function closer(entry: LedgerOrder, next: Order["state"]): Order["state"] {
  const none = entry.filled.eq(ZERO);
  const fills = none ? "none" : entry.filled.gte(mostQuantity(entry)) ? "all" : "some";
  return closerState(next, { fills, untriggered: entry.untriggered });
}

/** Every change of an order ends here: state, reservation, funds and sums move together. */
function settle(
  state: LedgerState,
  entry: LedgerOrder,
  next: Order["state"],
  execution: Execution | null,
  flag: string | null,
): Posted {
  entry.order = { ...entry.order, state: stillWished(entry, next) };
  if (next !== "dead_lettered") entry.label = null;
  if (!reserves(entry)) entry.cancelWished = false;
  const holding = holdingFor(state, entry.order, null);
  refreshShare(holding, entry);
  settleFunds(state, entry);
  refreshHolding(state, holding);
  return { entry, execution, holding, flag };
}
