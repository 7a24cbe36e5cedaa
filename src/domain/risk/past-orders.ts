/** An order as it stood after each of its events, for a reader that was away: they are applied again, to a ledger of this order alone. */
import type { Order } from "../order.ts";
import { type RecordedEvent, withoutRisk } from "./history.ts";
import { apply } from "./ledger.ts";
import { emptyLedger } from "./state.ts";

/**
 * `events` are all of one order's from its first on, oldest first. `epoch` is the one that the order has: an
 * order that was placed past the ledger took it from the lease, and its events do not name it.
 */
export function pastOrders(
  events: readonly RecordedEvent[],
  epoch: number,
): { version: number; order: Order }[] {
  const [first] = events;
  if (!first) return [];
  const state = emptyLedger(first.at, { epoch });
  return events.flatMap(({ version, body }) => {
    state.version = version - 1;
    const { entry } = apply(state, withoutRisk(body));
    return entry ? [{ version, order: { ...entry.order } }] : [];
  });
}
