/**
 * Lets the ledger go of orders that ended long ago, in slices by its alarm and never on an order's way, once
 * all of an order's life is in the tradebook. News of an archived order brings it back from there first.
 */
import {
  ARCHIVED_READ_WAIT_MS,
  LEDGER_ORDER_KEPT_MS,
  LEDGER_SLICE_MS,
  LEDGER_SLICE_ORDERS,
} from "../../domain/archive-limits.ts";
import type { Order, OrderPost } from "../../domain/order.ts";
import {
  archivedOf,
  broughtBack,
  mayBeArchived,
  type ArchivedOrder,
} from "../../domain/risk/archived.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import { errorText, type Log } from "../log.ts";
import type { PastOrdersPort } from "../past-orders.ts";
import type { LedgerBook } from "./book.ts";
import type { EndedOrder } from "./ports.ts";

export interface ArchiveBounds {
  orderKeptMs: number;
  sliceMs: number;
  sliceOrders: number;
  /** False: orders of the trading day itself may go, too. */
  pastDaysOnly: boolean;
}

export const ARCHIVE_BOUNDS: ArchiveBounds = {
  orderKeptMs: LEDGER_ORDER_KEPT_MS,
  sliceMs: LEDGER_SLICE_MS,
  sliceOrders: LEDGER_SLICE_ORDERS,
  pastDaysOnly: true,
};

export interface ArchiveParts {
  book: LedgerBook;
  past: PastOrdersPort;
  /** Whether the day on which it ended has been compared with the broker, and nothing of it waits for a person. */
  isSettled(order: Order): Promise<boolean>;
  /** Has `act` done after a while; what it answers takes that back. */
  after(ms: number, act: () => void): () => void;
  bounds?: ArchiveBounds;
  log: Log;
}

export class LedgerArchive {
  readonly #parts: ArchiveParts;
  readonly #bounds: ArchiveBounds;
  #ranAt = 0;
  /** Orders up to this version were looked at; what could not go is looked at again after all others. */
  #after = 0;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
    this.#bounds = parts.bounds ?? ARCHIVE_BOUNDS;
  }

  /** One slice, if it is time. */
  async run(now: number): Promise<void> {
    const { sliceMs, sliceOrders } = this.#bounds;
    if (Math.abs(now - this.#ranAt) < sliceMs) return;
    this.#ranAt = now;
    const { book } = this.#parts;
    const rows = book.storage.endedOrders(this.#after, this.#before(), sliceOrders);
    this.#after = rows.length < sliceOrders ? 0 : (rows.at(-1)?.entry.order.ledgerVersion ?? 0);
    const told = book.outbox.toldUntil;
    const old = rows.filter((row) => row.changedVersion <= told && this.#mayGo(row, now));
    const settled = await Promise.all(
      old.map(async (row) => ((await this.#parts.isSettled(row.entry.order)) ? [row] : [])),
    );
    const going = settled.flat();
    if (going.length > 0) book.commit(now, (state) => this.#archive(state, going));
  }

  /** The day's own orders are counted from their rows. */
  #before(): number {
    const first = Number(this.#parts.book.storage.setting("day_first_version") ?? 0);
    return this.#bounds.pastDaysOnly ? first : Number.MAX_SAFE_INTEGER;
  }

  #mayGo({ entry, changedVersion }: EndedOrder, now: number): boolean {
    // The newest event says how far the ledger has come: it stays.
    const { version } = this.#parts.book.state(now);
    const before = now - this.#bounds.orderKeptMs;
    return mayBeArchived(entry) && entry.order.updatedAt < before && changedVersion < version;
  }

  /** What has changed since it was looked at stays, and what memory has to know. */
  #archive(state: LedgerState, rows: readonly EndedOrder[]): void {
    const { storage } = this.#parts.book;
    for (const { entry, changedVersion } of rows) {
      const { clientOrderId: id } = entry.order;
      if (state.orders.has(id)) continue;
      storage.archive(id, archivedOf(entry, changedVersion), changedVersion);
    }
  }

  /** Brings back the orders that these posts are of. Null when none of them is archived, which is nearly always. */
  bringBack(posts: readonly OrderPost[], now: number): Promise<void> | null {
    const { storage } = this.#parts.book;
    const state = this.#parts.book.state(now);
    const archived = new Map<string, ArchivedOrder>();
    for (const { clientOrderId: id } of posts) {
      if (state.orders.has(id) || archived.has(id)) continue;
      const known = storage.archived(id);
      if (known && !storage.order(id)) archived.set(id, known);
    }
    return archived.size === 0 ? null : this.#bringAll(archived, posts, now);
  }

  /** All at once: whoever posts waits for the slowest of them, and no longer. */
  async #bringAll(
    archived: ReadonlyMap<string, ArchivedOrder>,
    posts: readonly OrderPost[],
    now: number,
  ): Promise<void> {
    const all = [...archived].map(([id, known]) => this.#bring(id, known, posts, now));
    await Promise.all(all);
  }

  async #bring(
    id: string,
    known: ArchivedOrder,
    posts: readonly OrderPost[],
    now: number,
  ): Promise<void> {
    const { book, log } = this.#parts;
    const { storage } = book;
    try {
      const events = await this.#read(id);
      // Another post may have brought it back meanwhile.
      if (storage.order(id)) return;
      const entry = broughtBack(known, events);
      book.commit(now, () => storage.bringBack(entry, events));
    } catch (error) {
      const reason = errorText(error);
      log("error", "archived_order_not_back", { clientOrderId: id, reason });
      this.#tell(id, posts, reason, now);
    }
  }

  #read(id: string): ReturnType<PastOrdersPort["events"]> {
    const { past } = this.#parts;
    const late = Promise.withResolvers<never>();
    const takeBack = this.#parts.after(ARCHIVED_READ_WAIT_MS, () =>
      late.reject(new Error("the tradebook did not answer in time")),
    );
    return Promise.race([past.events(id), late.promise]).finally(takeBack);
  }

  /** The posts are booked without their order: a fill under `external`, other news not at all. People hear of each. */
  #tell(id: string, posts: readonly OrderPost[], reason: string, now: number): void {
    const { book } = this.#parts;
    const news = posts.filter(({ clientOrderId }) => clientOrderId === id);
    book.commit(now, (state) => {
      for (const post of news) {
        const { eventId, event } = post;
        const account = event.kind === "filled" ? event.execution.account : "";
        if (
          event.kind === "filled" &&
          book.storage.executionSeen(account, event.execution.executionId)
        )
          continue;
        book.audit(state.version, now, "archived_order_not_back", id, null, post, reason);
        book.outbox.add(state.version, {
          kind: "incident",
          incident: {
            id: `archived-${eventId}`,
            at: now,
            account,
            severity: "critical",
            title: `News of ${id}, which ended long ago: ${event.kind}`,
            message: `The order is archived, and could not be read back from the tradebook: ${reason}. A fill is booked under the algo external; other news is kept in the audit log alone. Look at the order at the broker: ${JSON.stringify(event)}.`,
          },
        });
      }
      book.tellCommit(state);
    });
  }
}
