/** Orders that the ledger has archived, told from the events that the tradebook keeps of them. It only reads. */
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { Order } from "../domain/order.ts";
import { orderHistory, type HistoryEntry, type RecordedEvent } from "../domain/risk/history.ts";
import { pastOrders } from "../domain/risk/past-orders.ts";

/** The tradebook's memory of what the ledger does not hold any more. */
export interface PastOrdersPort {
  /** All events of one order, oldest first; none of an order that nobody knows. */
  events(clientOrderId: string): Promise<RecordedEvent[]>;
}

/** Shown of an order that was placed past the ledger: its events do not name the lease. */
const FIRST_EPOCH = 1;

/** The order as it last stood; null when there is none. */
export const pastOrder = (events: readonly RecordedEvent[]): Order | null =>
  pastOrders(events, FIRST_EPOCH).at(-1)?.order ?? null;

/** A page of an order's history out of its events from the first on. */
export function historyPageOf(
  events: readonly RecordedEvent[],
  { cursor, limit }: PageQuery,
): Page<HistoryEntry> {
  const after = Number(cursor ?? 0);
  const page = orderHistory(events).filter(({ version }) => version > after);
  const items = page.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: page.length > limit && last ? String(last.version) : null };
}
