/**
 * One instrument's order book as a broker tells it: a snapshot, then changes by the broker's numbers.
 * Whatever breaks it makes it invalid at once, and an invalid book shows no level. Pure: time comes in.
 */
import { backoffCeiling } from "../backoff.ts";
import {
  BOOK_LEVELS_MAX,
  BOOK_RESYNC_BACKOFF,
  BOOK_RESYNCS_MAX,
  BOOK_SETTLED_MS,
  DEPTH_LEVELS_MAX,
} from "../quality-limits.ts";
import type { Depth, DepthLevel } from "../tick.ts";
import { Levels } from "./levels.ts";
import type { BookChecksum, BookLevel, BookMessage } from "./message.ts";

/** Why a book became invalid. */
export const BOOK_FAULTS = ["gap", "crossed", "checksum", "bad_level"] as const;

export type BookFault = (typeof BOOK_FAULTS)[number];

export interface BookTerms {
  /** Levels kept on each side: as many as were subscribed. */
  levelsMax?: number;
  checksum?: BookChecksum | null;
}

/** `waiting`: no snapshot yet. `invalid`: broken, and no snapshot since. */
export type BookState = "waiting" | "valid" | "invalid";

export class OrderBook {
  state: BookState = "waiting";
  /** How often each fault struck. */
  readonly faults: Record<BookFault, number> = { gap: 0, crossed: 0, checksum: 0, bad_level: 0 };
  /** Fresh snapshots that were asked for. */
  resyncs = 0;
  exchangeTime: number | null = null;
  readonly #bids: Levels;
  readonly #asks: Levels;
  readonly #checksum: BookChecksum | null;
  /** Number of the last change that is in it. */
  #last: number | null = null;
  /** Requests since the book last stood for `BOOK_SETTLED_MS`. */
  #attempts = 0;
  #askedAt: number | null = null;
  #validSince = 0;
  /** Made when it is asked for, and kept until the book changes. */
  #depth: Depth | null = null;

  constructor({ levelsMax = BOOK_LEVELS_MAX, checksum = null }: BookTerms = {}) {
    this.#bids = new Levels("bid", levelsMax);
    this.#asks = new Levels("ask", levelsMax);
    this.#checksum = checksum;
  }

  /** Best first; empty unless the book is valid. */
  get bids(): readonly BookLevel[] {
    return this.state === "valid" ? this.#bids.all : [];
  }

  get asks(): readonly BookLevel[] {
    return this.state === "valid" ? this.#asks.all : [];
  }

  /** The best levels as ticks carry them; null unless the book is valid. */
  depth(): Depth | null {
    if (this.state !== "valid") return null;
    this.#depth ??= { bids: best(this.#bids), asks: best(this.#asks) };
    return this.#depth;
  }

  /** True when it gave up asking: only a new connection helps. */
  get hasGivenUp(): boolean {
    return this.state === "invalid" && this.#attempts >= BOOK_RESYNCS_MAX;
  }

  /** A new connection: the broker sends a snapshot by itself, and old numbers mean nothing. */
  restart(): void {
    this.#invalidate("waiting");
    this.#attempts = 0;
    this.#askedAt = null;
  }

  /** Applies one message; answers the fault that it showed, or null. A change without a snapshot before it is a gap. */
  take(message: BookMessage, now: number): BookFault | null {
    // A fresh snapshot was asked for, and changes before it are old news.
    if (message.kind === "delta" && this.state === "invalid") return null;
    this.#depth = null;
    const fault = message.kind === "snapshot" ? this.#start(message, now) : this.#change(message);
    if (fault !== null) {
      this.faults[fault] += 1;
      if (this.#validSince !== 0 && now - this.#validSince >= BOOK_SETTLED_MS) this.#attempts = 0;
      this.#invalidate("invalid");
    }
    return fault;
  }

  /**
   * True when a fresh snapshot is to be asked for now; the caller then does so. One request is under way
   * at a time, each waits longer than the one before, and after `BOOK_RESYNCS_MAX` none follows.
   */
  askForResync(now: number): boolean {
    if (this.state !== "invalid" || this.#attempts >= BOOK_RESYNCS_MAX) return false;
    const wait = this.#attempts === 0 ? 0 : backoffCeiling(BOOK_RESYNC_BACKOFF, this.#attempts - 1);
    if (this.#askedAt !== null && now - this.#askedAt < wait) return false;
    this.#askedAt = now;
    this.#attempts += 1;
    this.resyncs += 1;
    return true;
  }

  #start(message: BookMessage, now: number): BookFault | null {
    if (!hasGoodLevels(message)) return "bad_level";
    this.#bids.replace(message.bids);
    this.#asks.replace(message.asks);
    const fault = this.#check(message);
    if (fault !== null) return fault;
    this.#last = message.last;
    this.exchangeTime = message.exchangeTime;
    this.state = "valid";
    this.#validSince = now;
    return null;
  }

  #change(message: BookMessage): BookFault | null {
    const { first, last } = message;
    if (this.state === "waiting") return "gap";
    if (this.#last !== null && first !== null && last !== null) {
      if (last <= this.#last) return null;
      if (first > this.#last + 1) return "gap";
      this.#last = last;
    }
    if (!hasGoodLevels(message)) return "bad_level";
    this.#bids.apply(message.bids);
    this.#asks.apply(message.asks);
    this.exchangeTime = message.exchangeTime;
    return this.#check(message);
  }

  #check({ checksum }: BookMessage): BookFault | null {
    const bid = this.#bids.best;
    const ask = this.#asks.best;
    if (bid !== null && ask !== null && bid.price > ask.price) return "crossed";
    if (checksum === null || this.#checksum === null) return null;
    return this.#checksum(this.#bids.all, this.#asks.all) === checksum ? null : "checksum";
  }

  #invalidate(state: "waiting" | "invalid"): void {
    this.state = state;
    this.#depth = null;
    this.#bids.all.length = 0;
    this.#asks.all.length = 0;
    this.#last = null;
    this.#validSince = 0;
    this.exchangeTime = null;
  }
}

const best = ({ all }: Levels): DepthLevel[] =>
  all.slice(0, DEPTH_LEVELS_MAX).map(({ price, quantity }) => [price, quantity]);

const hasGoodLevels = ({ bids, asks }: BookMessage): boolean =>
  bids.every(isGoodLevel) && asks.every(isGoodLevel);

const isGoodLevel = ({ price, quantity }: BookLevel): boolean =>
  price > 0 && price < Infinity && quantity >= 0 && quantity < Infinity;
