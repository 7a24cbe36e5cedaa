/** The stream's state as pure functions of (state, event): no socket, no clock, no randomness. */
import type { TickView } from "../../../src/contract/market.ts";
import { backoffDelay, type StreamMessage } from "../../../src/contract/stream.ts";

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

/** What is wrong with a feed; null for one that is well. After a switch another provider brings the prices. */
export const feedTrouble = ({
  state,
  message,
}: Pick<Extract<StreamMessage, { type: "status" }>, "state" | "message">): string | null =>
  state === "connected" || state === "live" || state === "switched" ? null : message;

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

/** An exchange that tells a time so much older plays another day: its trades come at most half as late. */
const SET_BACK_MS_MIN = 60_000;

/** False when the tick begins anew: of another provider, or of an exchange whose clock was set back. */
function goesOn(known: TickView, { provider, exchangeTime }: TickView): boolean {
  const backMs = (known.exchangeTime ?? 0) - (exchangeTime ?? Infinity);
  return provider === known.provider && backMs < SET_BACK_MS_MIN;
}

/** With the last known value of each field that the tick leaves out. */
function merged(known: TickView, tick: TickView): TickView {
  const openInterest = tick.openInterest ?? known.openInterest;
  return {
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
}

/** Takes a tick unless it is older than what is shown. A field that it leaves out stays as it was, while it is the same line that speaks. */
export function nextQuote(quote: Quote | undefined, tick: TickView): Quote {
  if (quote === undefined) return { tick, direction: 0, changes: 0 };
  const known = quote.tick;
  if (tick.seq <= known.seq) return quote;
  // What gives no field must not seem to: what was said of it before is not kept.
  const next = goesOn(known, tick) ? merged(known, tick) : tick;
  if (known.last === null || next.last === null || next.last === known.last) {
    return { ...quote, tick: next };
  }
  const direction = next.last > known.last ? 1 : -1;
  return { tick: next, direction, changes: quote.changes + 1 };
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
