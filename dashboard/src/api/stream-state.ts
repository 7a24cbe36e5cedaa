/** The stream's state as pure functions of (state, event): no socket, no clock, no randomness. */
import type { TickView } from "../../../src/contract/market.ts";
import { backoffDelay } from "../../../src/contract/stream.ts";

export type ConnectionPhase = "connecting" | "live" | "reconnecting" | "stopped";

export interface Connection {
  phase: ConnectionPhase;
  /** Failed dials since the last open one. */
  attempt: number;
  /** When this phase began, ms since 1970. */
  since: number;
  /** When the next dial is due; null unless waiting. */
  retryAt: number | null;
  /** Ticks are conflated because this browser reads too slowly. */
  lagging: boolean;
  /** The broker's side of the line as the stream last said it; null until it says so. */
  feed: string | null;
}

export type ConnectionEvent =
  | { kind: "dialled"; at: number }
  | { kind: "welcomed"; at: number }
  | { kind: "lost"; at: number; retryAt: number }
  | { kind: "stopped"; at: number }
  | { kind: "lagging"; on: boolean }
  | { kind: "feed"; message: string | null };

export const INITIAL_CONNECTION: Connection = {
  phase: "stopped",
  attempt: 0,
  since: 0,
  retryAt: null,
  lagging: false,
  feed: null,
};

export function nextConnection(state: Connection, event: ConnectionEvent): Connection {
  switch (event.kind) {
    case "dialled":
      // A dial after a loss is still "reconnecting" to the person: only a welcome ends it.
      return state.attempt === 0
        ? { ...state, phase: "connecting", since: event.at, retryAt: null }
        : { ...state, retryAt: null };
    case "welcomed":
      return { ...INITIAL_CONNECTION, phase: "live", since: event.at };
    case "lost": {
      const since = state.phase === "reconnecting" ? state.since : event.at;
      const attempt = state.attempt + 1;
      return {
        ...INITIAL_CONNECTION,
        phase: "reconnecting",
        attempt,
        since,
        retryAt: event.retryAt,
      };
    }
    case "stopped":
      return { ...INITIAL_CONNECTION, since: event.at };
    case "lagging":
      return state.lagging === event.on ? state : { ...state, lagging: event.on };
    case "feed":
      return state.feed === event.message ? state : { ...state, feed: event.message };
  }
}

/** Pauses between dials: soon at first, then patient. */
const RECONNECT = { baseDelayMs: 500, factor: 1.8, maxDelayMs: 15_000 };
/** Even the luckiest draw leaves the platform this much room. */
const RECONNECT_MIN_MS = 150;

/** `random` in [0, 1). */
export function reconnectDelayMs(attempt: number, random: number): number {
  return Math.max(RECONNECT_MIN_MS, backoffDelay(RECONNECT, attempt, random));
}

/** Where this socket's tick frames stand; null before the first. */
export interface FramePosition {
  epoch: number;
  seq: number;
}

/**
 * `base`: an answer that names the number from which live frames count on. `snapshot`: carries the number of
 * the frame before it and does not count. `live`: must be the next one, or the first of a new epoch.
 */
export type FrameKind = "base" | "snapshot" | "live";

/** The position after a frame; `hole` when frames were lost and a new snapshot is needed. */
export function nextPosition(
  last: FramePosition | null,
  kind: FrameKind,
  { epoch, seq }: FramePosition,
): { position: FramePosition; hole: boolean } {
  const position = { epoch, seq };
  if (kind === "base" || last === null) return { position, hole: false };
  if (kind === "snapshot") return { position: last, hole: false };
  const expected = epoch === last.epoch ? last.seq + 1 : 1;
  return { position, hole: seq !== expected };
}

/** The last known tick of an instrument as the screen shows it. */
export interface Quote {
  tick: TickView;
  /** 1 after a rise, -1 after a fall, 0 before the first change. */
  direction: -1 | 0 | 1;
  /** Rises with every change of the last price: what makes a cell flash. */
  changes: number;
}

/** Takes a tick unless it is older than what is shown. A field the tick leaves out keeps its last known value. */
export function nextQuote(quote: Quote | undefined, tick: TickView): Quote {
  if (quote === undefined) return { tick, direction: 0, changes: 0 };
  const known = quote.tick;
  if (tick.seq <= known.seq) return quote;
  const isSameProvider = tick.provider === known.provider;
  // One that does not give it must not seem to: what another one said of it is not kept.
  const openInterest = tick.openInterest ?? (isSameProvider ? known.openInterest : undefined);
  const merged: TickView = {
    ...tick,
    ...(openInterest !== undefined && { openInterest }),
    last: tick.last ?? known.last,
    lastQuantity: tick.lastQuantity ?? known.lastQuantity,
    bid: tick.bid ?? known.bid,
    bidQuantity: tick.bidQuantity ?? known.bidQuantity,
    ask: tick.ask ?? known.ask,
    askQuantity: tick.askQuantity ?? known.askQuantity,
    volume: tick.volume ?? known.volume,
    exchangeTime: tick.exchangeTime ?? known.exchangeTime,
  };
  if (known.last === null || merged.last === null || merged.last === known.last) {
    return { ...quote, tick: merged };
  }
  const direction = merged.last > known.last ? 1 : -1;
  return { tick: merged, direction, changes: quote.changes + 1 };
}

/** What has to be asked of the stream so that it sends exactly the wanted instruments. */
export function subscriptionSteps(
  wanted: ReadonlySet<string>,
  subscribed: ReadonlySet<string>,
): { subscribe: string[]; unsubscribe: string[] } {
  return {
    subscribe: [...wanted].filter((instrument) => !subscribed.has(instrument)),
    unsubscribe: [...subscribed].filter((instrument) => !wanted.has(instrument)),
  };
}
