/** Every bound of the SDK, with its unit and its reason. None of them is a hidden default elsewhere. */

/** Longest first delay before a reconnect; the delay is drawn below it (full jitter). */
export const RECONNECT_BASE_DELAY_MS = 250;

/** ... and this is how it grows with each further attempt. */
export const RECONNECT_FACTOR = 2;

/** Longest delay between two attempts: a platform that is back is found within this time. */
export const RECONNECT_MAX_DELAY_MS = 10_000;

/** A connection that lasted this long was sound: the next loss starts from the shortest delay again. */
export const STABLE_CONNECTION_MS = 10_000;

/** So often in a row the platform may ask to come back at once; then the pauses of a lost line are kept. */
export const MOVES_IN_A_ROW_MAX = 5;

/** From dialling to the platform's first frame. */
export const CONNECT_TIMEOUT_MS = 15_000;

/** Often enough to notice a dead line soon, rare enough to cost nothing. */
export const PING_INTERVAL_MS = 5_000;

/** A line without any frame for this long (several pings unanswered) is replaced. */
export const SILENCE_MAX_MS = 17_000;

/** Two repairs of the stream are at least this far apart, so that a broken stream is not hammered. */
export const REPAIR_INTERVAL_MS = 1_000;

/** An answer to a subscribe, with its history, is there by then or the subscribe fails. */
export const SUBSCRIBE_TIMEOUT_MS = 20_000;

/** The platform hears after this many frames how far the stream was read. */
export const ACK_EVERY_FRAMES = 8;

/** ... but not more often than this: the platform takes 50 frames a second from an algo. */
export const ACK_INTERVAL_MS = 50;

/** Ticks that may wait for a slow handler before they are joined to the latest per instrument. */
export const QUEUED_TICKS_MAX = 10_000;

/** Order, gap and status events that may wait. They are never dropped: past this the algo stops. */
export const QUEUED_EVENTS_MAX = 100_000;

/** Bars kept per instrument; the oldest go first. The largest history is 1,000. */
export const CANDLES_KEPT_MAX = 5_000;

/** A bar may still change this long after its end: the platform counts trades that come so late. */
export const LATE_TRADE_MS = 30_000;

/** A read over HTTP. */
export const READ_TIMEOUT_MS = 10_000;

/** An order over HTTP: the platform itself waits up to 10 s for a broker. */
export const ORDER_TIMEOUT_MS = 20_000;

/** How long an order of unknown fate is looked up before `unknown` is handed to the algo. */
export const LOOK_UP_DEADLINE_MS = 15_000;

/** First pause between two look-ups; it doubles up to `LOOK_UP_PAUSE_MAX_MS`. */
export const LOOK_UP_PAUSE_MS = 250;
export const LOOK_UP_PAUSE_MAX_MS = 2_000;

/** A cancel may be asked for again without harm: so often after a connection error. */
export const CANCEL_ATTEMPTS = 3;

/** Open orders are read this often, besides what the stream tells of them. */
export const ORDER_CHECK_INTERVAL_MS = 10_000;

/**
 * Frames to the platform in any second. It takes 50, counted as it reads them: after a hiccup it may
 * read two seconds' worth in one, and still a burst is to be late, not lost.
 */
export const SENT_PER_SECOND_MAX = 20;

/** Requests without an answer on one line: the platform keeps 50 waiting, and some may be of a repair that was asked for twice. */
export const REQUESTS_OPEN_MAX = 20;

/** How long `waitFor` waits when the algo names no time. */
export const WAIT_FOR_TIMEOUT_MS = 30_000;

/** Ended orders the desk remembers, so that a late fill still reaches its algo. */
export const ENDED_ORDERS_KEPT_MAX = 5_000;

/** How long a handler in progress, and then `onStop`, may take before the algo is stopped without them. */
export const STOP_TIMEOUT_MS = 15_000;

/** Times that a test may shorten. In an algo they stay as they are. */
export interface Timing {
  reconnectBaseDelayMs: number;
  reconnectMaxDelayMs: number;
  connectTimeoutMs: number;
  pingIntervalMs: number;
  silenceMaxMs: number;
  repairIntervalMs: number;
  subscribeTimeoutMs: number;
  orderTimeoutMs: number;
  lookUpDeadlineMs: number;
  lookUpPauseMs: number;
  orderCheckIntervalMs: number;
  stopTimeoutMs: number;
}

export const TIMING: Timing = {
  reconnectBaseDelayMs: RECONNECT_BASE_DELAY_MS,
  reconnectMaxDelayMs: RECONNECT_MAX_DELAY_MS,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  pingIntervalMs: PING_INTERVAL_MS,
  silenceMaxMs: SILENCE_MAX_MS,
  repairIntervalMs: REPAIR_INTERVAL_MS,
  subscribeTimeoutMs: SUBSCRIBE_TIMEOUT_MS,
  orderTimeoutMs: ORDER_TIMEOUT_MS,
  lookUpDeadlineMs: LOOK_UP_DEADLINE_MS,
  lookUpPauseMs: LOOK_UP_PAUSE_MS,
  orderCheckIntervalMs: ORDER_CHECK_INTERVAL_MS,
  stopTimeoutMs: STOP_TIMEOUT_MS,
};

/** A close may first wait until the orders in its way are canceled, and sends one order for each position. */
export const CLOSE_TIMEOUT_MS = 30_000;
