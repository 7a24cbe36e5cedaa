/** Bounds of the connections to brokers, each with its unit and its reason. */

/** Unreadable frames of one connection within the window below that have it replaced: one may be a hiccup, ten are a broken line. */
export const FRAME_FAULTS_MAX = 10;

/** In which they are counted, and in which each kind is logged once. */
export const FRAME_FAULTS_WINDOW_MS = 60_000;

/** A larger frame of a broker is not read: the largest snapshot of 1,000 instruments with their books is a tenth of it. */
export const FEED_FRAME_BYTES_MAX = 4_194_304;

/** A connection that held for so long was good: the next loss is tried again soon. A shorter one must not reset the backoff, or two owners of one credential would fight for ever. */
export const STABLE_CONNECTION_MS = 30_000;

/** How long a new connection waits for the close of the one before: a broker that takes one per credential would refuse it, or throw out the other. */
export const CLOSE_WAIT_MS = 3_000;

/** At a change of sockets the books of the new one may be on their way for so long; and so long before its broker ends the old one, what that is still behind with is given up. */
export const CHANGE_OVER_SETTLE_MS = 1_000;

/** A market that cannot be reached for so long after all that it was brought has moved to other shards is not told of the ticks that its broken link lost. */
export const LINK_OWED_MS_MAX = 600_000;

/** Over which a shard's lag is told: long enough for a 99th percentile, short enough to see a change. */
export const LAG_WINDOW_MS = 10_000;

/** A shard looks this often which bars to tell its markets: a bar is told closed within so long of its end. */
export const BAR_BEAT_MS = 250;

/** A bar under way is told at most so often for each instrument: enough to see it grow, a hundredth of the ticks' cost. */
export const BAR_UPDATE_INTERVAL_MS = 1_000;

/** Without a trade of the next one, a bar is closed so long after its end: its last trades are on their way. */
export const BAR_CLOSE_DELAY_MS = 500;

/** After a gap this many instruments' history is asked for at the same time: the rest of the platform asks too. */
export const GAP_FILL_CALLS_MAX = 4;

/** Gaps of one instrument that wait for their turn; what a line that flaps loses after them is one with the last. */
export const GAP_FILLS_WAITING_MAX = 3;

/** Minutes of a gap that are delivered; older ones are in `/v1/candles`. */
export const GAP_FILL_BARS_MAX = 60;

/** A broker's history may follow the market by seconds: it is asked again, and the wait grows by itself. */
export const GAP_FILL_TRIES_MAX = 3;
export const GAP_FILL_RETRY_MS = 2_000;

/** A gap up to so long is filled with its single trades: what a reconnect takes. After a longer one algos get its bars. */
export const LATE_TRADES_SPAN_MS_MAX = 120_000;

/** So long after the trade it is still told late, and amends its bar. After a mass reconnect it may have waited for its turn. */
export const LATE_TRADES_AGE_MS_MAX = 180_000;

/** Trades of one gap and instrument: past that its bars say enough. */
export const LATE_TRADES_MAX = 5_000;

/** Questions for past trades that one shard asks in a second: the rest of the platform asks the broker too. */
export const LATE_TRADES_CALLS_PER_SECOND = 10;

/** Told between two pauses, so that late ticks never hold up live ones. */
export const LATE_TICKS_SLICE = 250;
export const LATE_TICKS_PAUSE_MS = 10;

/** A trade that is told live comes within so long of it, even on a slow line: what came by then was not missed. */
export const LATE_TRADES_SETTLE_MS = 2_000;

/** Two clocks differ, and a line lags: trades are asked for from so much earlier. */
export const LATE_TRADES_MARGIN_MS = 5_000;

/** Whether prices come is asked so long before a market opens: three tries, and ten minutes for a person to sign in. */
export const PRE_OPEN_MS = 15 * 60_000;

/** A line that is asked for a price has so long to bring one: a snapshot follows a subscribe within a second. */
export const PROBE_MS = 10_000;

/** How often the answer is looked for meanwhile. */
export const PROBE_POLL_MS = 100;

/** Instruments that a line is asked for: one may have no price, five hardly. */
export const PROBES_MAX = 5;
