/**
 * Brings each sighting of an order to its record, once. While a submit is in flight its sightings wait,
 * so that a fill which beats the answer is neither lost nor laid to the wrong order.
 */
import { book, readOrder, type GatewayContext, type Sighting, type Unplaced } from "./context.ts";
import { noteExternal } from "./external-orders.ts";
import { coverByHand } from "./hand-orders.ts";

/** Sightings that may wait without our id; beyond it the next poll brings them again. */
const UNPLACED_MAX = 1_000;

/** Orders of others that are remembered as such; forgotten, one waits once more for what is in flight. */
const STRANGERS_MAX = 10_000;

export function sight(context: GatewayContext, sighting: Sighting): void {
  if (coverByHand(context, sighting)) return;
  if (idOf(context, sighting) !== null || !mayBeInFlight(context, sighting.brokerOrderId))
    return place(context, sighting);
  if (context.unplaced.length >= UNPLACED_MAX) return noteExternal(context, sighting);
  context.unplaced.push({ sighting, waitsFor: new Set(context.inFlight.keys()) });
}

/** Whether a broker's order that carries no id of ours can be one whose answer is awaited. */
export const mayBeInFlight = (context: GatewayContext, brokerOrderId: string): boolean =>
  context.inFlight.size > 0 && !context.strangers.has(brokerOrderId);

function place(context: GatewayContext, sighting: Sighting): void {
  const clientOrderId = idOf(context, sighting);
  if (clientOrderId === null) return noteExternal(context, sighting);
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
  const [ours, others] = parted(
    context.unplaced,
    ({ sighting }) => sighting.brokerOrderId === brokerOrderId,
  );
  context.unplaced = others;
  return ours.map(({ sighting }) => sighting);
}

/** A submit is over: what came since its outcome was stored is booked, and what waited for it alone finds its place. */
export function leaveInFlight(context: GatewayContext, clientOrderId: string): void {
  const late = context.inFlight.get(clientOrderId)?.inbox ?? [];
  context.inFlight.delete(clientOrderId);
  for (const sighting of late) sight(context, sighting);
  if (context.unplaced.length === 0) return;
  for (const { sighting, waitsFor } of context.unplaced) {
    waitsFor.delete(clientOrderId);
    // None of those that were in flight was it.
    if (waitsFor.size === 0) addStranger(context, sighting.brokerOrderId);
  }
  const [free, waiting] = parted(context.unplaced, ({ sighting }) =>
    context.strangers.has(sighting.brokerOrderId),
  );
  context.unplaced = waiting;
  for (const { sighting } of free) sight(context, sighting);
}

function addStranger({ strangers }: GatewayContext, brokerOrderId: string): void {
  if (strangers.size >= STRANGERS_MAX) strangers.clear();
  strangers.add(brokerOrderId);
}

const parted = (
  rows: readonly Unplaced[],
  test: (row: Unplaced) => boolean,
): [Unplaced[], Unplaced[]] => [rows.filter(test), rows.filter((row) => !test(row))];
