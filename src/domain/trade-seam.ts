/**
 * Where the live trades of one instrument broke off and where they went on: which trades of the past
 * nobody was told. It keeps only the trades of the moment at each edge, and calls nothing.
 */
import { LATE_TRADES_MARGIN_MS, LATE_TRADES_MAX } from "./feed-limits.ts";
import type { MarketUpdate } from "./tick.ts";

/** A trade, as the broker's history tells it or as it was told live. */
export interface PastTrade {
  /** The broker's own; null where it gives none. */
  tradeId: string | null;
  /** The exchange's clock, ms since 1970. */
  time: number;
  price: number;
  quantity: number;
}

/** A time without live trades that somebody wants filled. */
export interface SeamWatch {
  /** Trades from here on may be missing: the exchange's clock, ms since 1970. */
  readonly since: number;
  /** Data comes again since then: our clock, ms since 1970. */
  readonly openedAt: number;
  /** Told at the edges, or late: what must not be told again. */
  readonly told: PastTrade[];
  /** Time of the first live trade after it; null before that one. */
  first: number | null;
  /** A later live trade has come: of the time of the first one, all have. */
  isPast: boolean;
  /** Why what is missing cannot be said any more; null while it can. */
  endedBy: string | null;
}

/** The trade of an update; null for one that brings none, or none with the exchange's time. */
export function tradeOf(update: MarketUpdate): PastTrade | null {
  const { last: price, lastQuantity: quantity, exchangeTime: time, tradeId = null } = update;
  if (price === null || quantity === null || quantity === 0 || time === null) return null;
  return { tradeId, time, price, quantity };
}

export class TradeSeam {
  /** The newest trades told, all of the same time. */
  #newest: MarketUpdate[] = [];
  #time: number | null = null;
  /** How much later than the exchange's clock ours stood at the newest trade, ms. */
  #lagMs = 0;
  readonly #watches = new Set<SeamWatch>();

  /** Notes what was told; `isLate` for a trade that was filled in, `isOutOfOrder` for one that only amended its bar. */
  note(update: MarketUpdate, receivedTime: number, isLate: boolean, isOutOfOrder = false): void {
    const { exchangeTime: time } = update;
    if (time === null || update.last === null || !update.lastQuantity) return;
    if (this.#time === null || time > this.#time) {
      this.#time = time;
      this.#newest.length = 0;
      if (!isLate) this.#lagMs = receivedTime - time;
    }
    if (time === this.#time) this.#newest.push(update);
    for (const watch of this.#watches) {
      // One that came before the gap and was told after it, or came out of order, does not say where trades go on.
      const isGoingOn = !isLate && !isOutOfOrder && receivedTime >= watch.openedAt;
      noteIn(watch, update, time, { isLate, isGoingOn });
    }
  }

  /**
   * Data is missing since `lostAt` and comes again since `openedAt` (our clock). Null when no trade was told
   * yet: then nobody knows from where on.
   */
  open(lostAt: number, openedAt: number): SeamWatch | null {
    if (this.#time === null) return null;
    // Of an instrument that trades rarely, nothing was missed while the line stood.
    const since = Math.max(this.#time, lostAt - this.#lagMs - LATE_TRADES_MARGIN_MS);
    const told = this.#newest.flatMap((update) => tradeOf(update) ?? []);
    const watch = { since, openedAt, told, first: null, isPast: false, endedBy: null };
    this.#watches.add(watch);
    return watch;
  }

  /** The exchange's clock, ms since 1970; null before the first trade. */
  get newestTime(): number | null {
    return this.#time;
  }

  /** What is watched is over, for this reason. */
  end(reason: string): void {
    for (const watch of this.#watches) watch.endedBy = reason;
    this.#watches.clear();
  }

  /** The same for those that were opened before `at`; true when there were any. */
  endBefore(at: number, reason: string): boolean {
    const old = [...this.#watches].filter(({ openedAt }) => openedAt < at);
    for (const watch of old) {
      watch.endedBy = reason;
      this.#watches.delete(watch);
    }
    return old.length > 0;
  }

  close(watch: SeamWatch): void {
    this.#watches.delete(watch);
  }

  /** From where on bars are still waited for; Infinity when nothing is watched. */
  get openSince(): number {
    return Math.min(...[...this.#watches].map(({ since }) => since));
  }
}

function noteIn(
  watch: SeamWatch,
  update: MarketUpdate,
  time: number,
  { isLate, isGoingOn }: { isLate: boolean; isGoingOn: boolean },
): void {
  if (isGoingOn) {
    watch.first ??= time;
    if (time > watch.first) watch.isPast = true;
  }
  if (!isLate && time > (watch.first ?? time)) return;
  if (watch.told.length >= LATE_TRADES_MAX) {
    watch.endedBy = "too much came meanwhile";
    return;
  }
  const trade = tradeOf(update);
  if (trade) watch.told.push(trade);
}

/** True when what comes live after `past` was read can not be taken for missing. */
export const isSettled = (watch: SeamWatch, past: readonly PastTrade[]): boolean =>
  watch.isPast || missingTrades(watch, past).length === 0;

/**
 * Of the broker's trades those that nobody was told, oldest first: from the seam on up to the first live
 * trade after it. They are known by their id, or where one side has none by time, price and quantity, as
 * often as each came.
 */
export function missingTrades(watch: SeamWatch, past: readonly PastTrade[]): PastTrade[] {
  const ids = new Set<string>();
  const alike = new Map<string, number>();
  for (const trade of watch.told) {
    if (trade.tradeId !== null) ids.add(trade.tradeId);
    const key = keyOf(trade);
    alike.set(key, (alike.get(key) ?? 0) + 1);
  }
  const hasIds = watch.told.every(({ tradeId }) => tradeId !== null);
  const isTold = (trade: PastTrade): boolean => {
    if (trade.tradeId !== null && hasIds) return ids.has(trade.tradeId);
    const key = keyOf(trade);
    const count = alike.get(key) ?? 0;
    alike.set(key, count - 1);
    return count > 0;
  };
  const until = watch.first ?? Infinity;
  return past
    .filter(({ time }) => time >= watch.since && time <= until)
    .toSorted((a, b) => a.time - b.time)
    .filter((trade) => !isTold(trade));
}

const keyOf = ({ time, price, quantity }: PastTrade): string => `${time} ${price} ${quantity}`;
