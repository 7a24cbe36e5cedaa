/**
 * Brings each sighting of an order to its record, once. While a submit is in flight its sightings wait,
 * so that a fill which beats the answer is neither lost nor laid to the wrong order.
 */
import { book, readOrder, type GatewayContext, type Sighting } from "./context.ts";
import { noteExternal } from "./external-orders.ts";
import { coverByHand } from "./hand-orders.ts";

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

/** Whether some record here is of this order. */
export const isKnown = (
  { store }: GatewayContext,
  { clientOrderId, brokerOrderId }: Pick<Sighting, "clientOrderId" | "brokerOrderId">,
): boolean =>
  (clientOrderId !== null && store.order(clientOrderId) !== null) ||
  store.orderOfBroker(brokerOrderId) !== null;

/**
 * Our id for it: said by the broker, or known by the broker's own id. Another program's id is none of
 * ours. Null when nobody says.
 */
function idOf(context: GatewayContext, sighting: Sighting): string | null {
  const { clientOrderId, brokerOrderId } = sighting;
  if (clientOrderId !== null && context.store.order(clientOrderId)) return clientOrderId;
  return context.store.orderOfBroker(brokerOrderId)?.clientOrderId ?? clientOrderId;
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
