/** The bounds by which market data is judged, each with its unit and its reason. */

/** A last price this far from the last good one waits for its confirmation: no index constituent moves a fifth between two ticks. */
export const SPIKE_BAND = 0.2;

/** An exchange's time this far ahead of ours is an error: it would make every honest tick after it out of order. */
export const CLOCK_SKEW_TICK_MS_MAX = 5_000;

/**
 * A provider without news of an instrument for this long, or for this many of its usual intervals, is
 * stale there: with the patience and the second's look that follow, the next one is asked before an
 * order is refused.
 */
export const PROVIDER_STALE_AFTER_MS_MIN = 3_000;
export const PROVIDER_STALE_AFTER_INTERVALS = 4;

/** Gaps that an instrument's usual interval is learned from before a provider is judged by it: fewer are chance. */
export const INTERVAL_GAPS_MIN = 5;

/** An instrument without news for this many of its usual intervals is stale: by chance alone, that happens to one gap in 20,000. */
export const STALE_AFTER_INTERVALS = 10;

/** No instrument is stale sooner than this, and each is after that: a hiccup is no outage, and five minutes are one for whoever trades. */
export const STALE_AFTER_MS_MIN = 5_000;
export const STALE_AFTER_MS_MAX = 300_000;

/** How far a broker's clock may be from ours before nothing is signed for it: Kraken and Binance refuse at 5 s and 1 s. */
export const CLOCK_OFFSET_MS_MAX = 1_000;

/** An offset is the smallest delay within this time: one quick answer in half a minute shows the clocks, the slow ones show the network. */
export const CLOCK_OFFSET_WINDOW_MS = 30_000;

/** Levels of an order book that ticks carry, on each side: what Kite gives and what Kraken's checksum covers at most. */
export const DEPTH_LEVELS_MAX = 10;

/** Levels a book keeps on each side: the deepest book that a supported broker checks. */
export const BOOK_LEVELS_MAX = 1_000;

/** Requests for a fresh book after one failure; then it stays invalid until the next connection. */
export const BOOK_RESYNCS_MAX = 6;

/** Between two requests for a fresh book; without jitter, for one connection has one requester. */
export const BOOK_RESYNC_BACKOFF = { baseDelayMs: 1_000, factor: 2, maxDelayMs: 30_000 } as const;

/** A book that stood this long has recovered: its next failure starts the requests anew. */
export const BOOK_SETTLED_MS = 60_000;
