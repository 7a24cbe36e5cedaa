/** Normalised market data. Prices on this path are numbers; money in the ledger is exact decimal. */
import type { InstrumentId } from "./instrument.ts";

/** How much of an instrument's data is wanted, least first: `depth > quote > ltp` (last traded price). */
export const FEED_MODES = ["ltp", "quote", "depth"] as const;

export type FeedMode = (typeof FEED_MODES)[number];

/** The higher of two modes: it holds all that the other one gives. */
export const higherMode = (a: FeedMode, b: FeedMode): FeedMode =>
  FEED_MODES.indexOf(a) >= FEED_MODES.indexOf(b) ? a : b;

/** One level of an order book: its price and the quantity that stands there. */
export type DepthLevel = [price: number, quantity: number];

/** An order book as the broker gives it, best level first on both sides. */
export interface Depth {
  bids: DepthLevel[];
  asks: DepthLevel[];
}

/** One observation as a broker's parser gives it, before the shard stamps it. A missing field is null, never 0. */
export interface MarketUpdate {
  instrument: InstrumentId;
  last: number | null;
  lastQuantity: number | null;
  bid: number | null;
  bidQuantity: number | null;
  ask: number | null;
  askQuantity: number | null;
  /** Traded quantity since the session's start. */
  volume: number | null;
  /** Contracts not closed yet, in the unit of `volume`; left out where the provider gives none, and never made up. */
  openInterest?: number;
  /** The exchange's clock, ms since 1970; null when the broker gives none. */
  exchangeTime: number | null;
  /** The broker's own id of the trade; left out where it gives none. It says which trades of the past were told already. */
  tradeId?: string;
  /** Levels of the book; left out where the broker gives none or none were asked for. */
  depth?: Depth;
}

/** True when an update has what a mode gives beyond the ones below it. */
export function carriesMode(update: MarketUpdate, mode: FeedMode): boolean {
  if (mode === "ltp") return update.last !== null;
  return mode === "depth" ? update.depth !== undefined : update.bid !== null || update.ask !== null;
}

/**
 * A market update with its provenance. `seq` rises strictly per instrument, also across reconnects
 * and hand-overs (see `tickSeqBase`), by one within an epoch; `epoch` is the number of the broker connection that brought it,
 * or of the hand-over by which its shard took the instrument from another one, if that came later.
 */
export interface Tick extends MarketUpdate {
  provider: string;
  /** Our clock when the frame arrived, ms since 1970. */
  receivedTime: number;
  epoch: number;
  seq: number;
  /** True for a trade that was filled in from history after a gap: told after newer ones, and the last of nothing. */
  late: boolean;
}

/**
 * Each connection epoch owns a range of sequence numbers, so that `seq` rises across reconnects and
 * re-sharding without a storage write per tick. 2^53 / 1e9 leaves nine million epochs.
 */
export const TICK_SEQ_PER_EPOCH = 1_000_000_000;

export const tickSeqBase = (epoch: number): number => epoch * TICK_SEQ_PER_EPOCH;

/** The epoch that a number belongs to. */
export const epochOfSeq = (seq: number): number => Math.floor(seq / TICK_SEQ_PER_EPOCH);

/** The latest price of an instrument as the risk checks use it. */
export interface Mark {
  instrument: InstrumentId;
  price: number;
  bid: number | null;
  ask: number | null;
  /** When the exchange saw it, by our clock, ms since 1970; where it gives no time, when the tick arrived. */
  time: number;
  provider: string;
  /** The provider's data is older than usual, or of unknown age: no entry is priced by it. */
  stale?: boolean;
  /** The hours of its market, as its provider keeps them; left out while they are not known. */
  calendar?: string;
}
