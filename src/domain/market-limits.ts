/** The bounds of markets, of coming back to them, and of signals; each with its unit and its reason. All others are in `limits.ts`. */

/** The same two over all sockets of one key on a market: a key is one algo, which has one socket and at times an old one. */
export const STREAM_KEY_INSTRUMENTS_MAX = 5_000;
export const STREAM_KEY_MESSAGES_PER_SECOND_MAX = 200;

/** Close code for a socket whose key was revoked: coming back is no use. */
export const CLOSE_KEY_REVOKED = 4001;

/** Close code for a socket that is to come back at once, and will be placed elsewhere. */
export const CLOSE_MOVED = 4010;

/** Close code of a shard's link to a market that wants nothing of it any more: what it brought stands elsewhere, or nowhere. */
export const CLOSE_LINK_UNWANTED = 4012;

/** Sockets of a draining market closed in one go, and the pause before the next: each comes back at once. */
export const DRAIN_CLOSES_AT_ONCE = 25;
export const DRAIN_CLOSES_PAUSE_MS = 100;

/** A market that is emptied after hours is closed after a day at the latest: what trades round the clock has no such hour. */
export const DRAIN_WAIT_MS_MAX = 86_400_000;

/** HTTP status by which a market refuses a socket that another market may take: it is full or draining. */
export const STREAM_NO_ROOM_STATUS = 409;

/** Times the Worker asks for another place when a market would not take a socket: each answer is newer. */
export const PLACE_TRIES_MAX = 4;

/** Order events that a client which comes back is sent: far more than a minute of a busy desk. Past it, it reads the list. */
export const ORDERS_CATCH_UP_MAX = 1_000;

/** Rows of exposure in one risk frame: a person reads them, and an algo's own is among its largest. */
export const RISK_FRAME_ROWS_MAX = 100;

/** Text of one signal's value: a decision, not a data set. */
export const SIGNAL_VALUE_BYTES_MAX = 4_096;

/** Topics one request may name, and one socket may hold: their names have to fit what a sleeping socket keeps. */
export const SIGNAL_TOPICS_PER_CALL_MAX = 100;
export const SIGNAL_TOPICS_PER_SOCKET_MAX = 100;

/** Topics there may be: every one keeps its last value for good. */
export const SIGNAL_TOPICS_MAX = 1_000;

/** Values one publisher may publish per second, and after a quiet while at once: signals are decisions, not ticks. */
export const SIGNALS_PER_SECOND_MAX = 20;
export const SIGNALS_BURST_MAX = 50;

/** Values that wait for a market that does not answer; past it only the last one of each topic is kept. */
export const SIGNALS_WAITING_MAX = 1_000;

/** How long a market remembers a revoked key: longer than any isolate may still think it good. */
export const REVOKED_KEY_KEPT_MS = 3_600_000;

/** Series of bars (an instrument in an interval) on one socket: as many as instruments. */
export const STREAM_CANDLE_SERIES_MAX = 1_000;

/** Bars of history one subscribe may ask for over all its instruments: their text is what a socket that reads takes in, before the bound at which it is closed. */
export const STREAM_REQUEST_BARS_MAX = 50_000;

/** Bars of history that a market reads and has not sent yet, for all its sockets together; about a third of a kilobyte each, as values and as text. */
export const MARKET_HISTORY_BARS_MAX = 75_000;

/** A wish for no more than this is served from a part of its own: the longest ones take no more than one subscribe may ask for. */
export const SMALL_HISTORY_BARS_MAX = 5_000;

/** What one live series holds at most, in bars of a second with their parts, about half a kilobyte each: two and a half minutes of those; of longer ones the newest few. */
export const LIVE_BARS_OF_SERIES = { "1s": 150, "1m": 6 } as const;

/** Bars of all live series of a market, counted so: a third of the 128 MB that an object has. */
export const MARKET_LIVE_BARS_MAX = 80_000;

/** Requests of one socket that wait for their answers: all that it may say in a second. */
export const STREAM_REQUESTS_PENDING_MAX = 50;

/** History calls of one subscribe under way at the same time. */
export const HISTORY_CALLS_MAX = 8;

/** What a market takes sending one frame to cost, ms: what it sees, within these. The least is what a fast machine was measured to take; past the most, ticks would wait too long. */
export const FAN_OUT_MS_PER_SEND_MIN = 0.02;
export const FAN_OUT_MS_PER_SEND_MAX = 0.1;

/** Pause after a turn, by what the turn cost: what comes in meanwhile is read before the next one, and the runtime has less to clear away. */
export const FAN_OUT_PAUSE_RATIO = 2;

/** One turn of so many is watched, for a timer has its price, and only one of so many frames, for what a timer itself takes would pass for theirs. */
export const FAN_OUT_TURNS_PER_PROBE = 8;
export const FAN_OUT_PROBE_SENDS_MIN = 10;
