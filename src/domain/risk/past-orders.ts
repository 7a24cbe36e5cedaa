/** An order as it stood after each of its events, for a reader that was away: they are applied again, to a ledger of this order alone. */
import type { Order } from "../order.ts";
import { type RecordedEvent, withoutRisk } from "./history.ts";
import { apply } from "./ledger.ts";
import { emptyLedger } from "./state.ts";

/** `events` are all of one order's from its first on, oldest first. */
export function pastOrders(events: readonly RecordedEvent[]): { version: number; order: Order }[] {
  const [first] = events;
  if (!first) return [];
  const state = emptyLedger(first.at);
  return events.flatMap(({ version, body }) => {
    const { entry } = apply(state, withoutRisk(body));
    return entry ? [{ version, order: { ...entry.order } }] : [];
  });
}
