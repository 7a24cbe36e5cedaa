/**
 * Brings each sighting of an order to its record, once. While a submit is in flight its sightings wait,
 * so that a fill which beats the answer is neither lost nor laid to the wrong order.
 */
import type { Execution } from "../../domain/order.ts";
import { book, readOrder, type GatewayContext, type Sighting } from "./context.ts";
import { coverByHand } from "./hand-orders.ts";
import { countFill, takeBackInferred } from "./inferred-fills.ts";
import { raise } from "./reconcile-notes.ts";

/** Sightings that may wait without our id; beyond it the next poll brings them again. */
const UNPLACED_MAX = 1_000;

export function sight(context: GatewayContext, sighting: Sighting): void {
  if (coverByHand(context, sighting)) return;
  const clientOrderId = idOf(context, sighting);
  if (clientOrderId === null) {
    if (context.inFlight.size > 0 && context.unplaced.length < UNPLACED_MAX)
      context.unplaced.push(sighting);
    else noteExternal(context, sighting);
    return;
  }
  const underWay = context.inFlight.get(clientOrderId);
  if (underWay && context.store.order(clientOrderId)?.record === "recorded") {
    underWay.inbox.push(sighting);
    return;
  }
  const order = readOrder(context, clientOrderId);
  if (order) book(context, order, sighting);
  else noteExternal(context, sighting);
}

/** Our id for it: said by the broker, or known by the broker's own id. Null when neither says. */
function idOf(context: GatewayContext, sighting: Sighting): string | null {
  if (sighting.clientOrderId !== null) return sighting.clientOrderId;
  return context.store.orderOfBroker(sighting.brokerOrderId)?.clientOrderId ?? null;
}

/**
 * Placed by hand, or by the broker itself. A fill goes to the ledger, which adopts what it does not
 * know under the algo `external`; anything else moves no quantity and is only noted.
 */
function noteExternal(context: GatewayContext, sighting: Sighting): void {
  const { brokerOrderId, evidence, at } = sighting;
  if (evidence.kind === "filled") adoptFill(context, brokerOrderId, evidence.execution, at);
  if (!context.store.noteExternal(brokerOrderId, at)) return;
  const { account } = context;
  context.log("warn", "external_order_seen", { account, brokerOrderId, evidence: evidence.kind });
  const what =
    evidence.kind === "filled" ? tradeText(evidence.execution) : `it is ${evidence.kind}`;
  raise(context, {
    id: `external-${account}-${brokerOrderId}`,
    severity: "serious",
    title: `Order placed past the platform: ${brokerOrderId}`,
    message: `The broker has order ${brokerOrderId}, which did not leave from here: ${what}. Its fills are kept under the algo external and count against the limits.`,
  });
}

const tradeText = ({ side, quantity, instrument, price }: Execution): string =>
  `${side} ${quantity} ${instrument} at ${price}`;

function adoptFill(
  context: GatewayContext,
  brokerOrderId: string,
  execution: Execution,
  at: number,
): void {
  if (context.store.hasExecution(execution.executionId)) return;
  const clientOrderId = execution.clientOrderId || `external-${brokerOrderId}`;
  const adopted = { ...execution, clientOrderId };
  takeBackInferred(context, execution);
  context.store.adopt(adopted, {
    eventId: `${clientOrderId}:fill:${execution.executionId}`,
    clientOrderId,
    event: { kind: "filled", execution: adopted },
    at,
  });
  countFill(context);
}

/** What waited without our id for this very order. */
export function takeUnplaced(context: GatewayContext, brokerOrderId: string): Sighting[] {
  const ours = context.unplaced.filter((each) => each.brokerOrderId === brokerOrderId);
  context.unplaced = context.unplaced.filter((each) => each.brokerOrderId !== brokerOrderId);
  return ours;
}

/** A submit is over: what came since its outcome was stored is booked, and what waited finds its place. */
export function leaveInFlight(context: GatewayContext, clientOrderId: string): void {
  const late = context.inFlight.get(clientOrderId)?.inbox ?? [];
  context.inFlight.delete(clientOrderId);
  for (const sighting of late) sight(context, sighting);
  if (context.inFlight.size > 0) return;
  for (const sighting of context.unplaced.splice(0)) sight(context, sighting);
}
