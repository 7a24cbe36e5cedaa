/** Every bound of the system has a name here, with its unit and its reason. */

/** Text frame an algo may send. A subscribe for 1,000 instruments with long ids fits. */
export const STREAM_FRAME_BYTES_MAX = 65_536;

/** Instruments one algo socket may hold: the widest watchlist seen in the field is about 500. */
export const STREAM_INSTRUMENTS_MAX = 1_000;

/** Frames an algo may send per second: its own orders go over HTTP, so this is only for subscriptions and pings. */
export const STREAM_MESSAGES_PER_SECOND_MAX = 50;

/** History bars one subscribe may ask for, per instrument. */
export const STREAM_HISTORY_BARS_MAX = 1_000;

/** Past this an algo's ticks are conflated to the latest per instrument. */
export const STREAM_BUFFERED_BYTES_CONFLATE = 1_048_576;

/** Past this the socket is closed with 4008: it does not read. */
export const STREAM_BUFFERED_BYTES_CLOSE = 8_388_608;

/** Close code for a consumer that cannot keep up. */
export const CLOSE_SLOW_CONSUMER = 4008;

/** A shard's ticks leave at once when idle and are joined for this long when busy: an object takes some hundred messages a second well. */
export const COALESCE_MS_MAX = 3;

/** A busy market sends to at most this many sockets in one go, and then lets others in: whoever is last waits for all before. */
export const FAN_OUT_SENDS_PER_TURN = 50;

/** The watchdog's period: below the platform's 70 s inactivity eviction, above the noise. */
export const WATCHDOG_INTERVAL_MS = 20_000;

/** A duty of the ledger that has not settled in this time holds up no further round: below the watchdog's period, so that its turn finds the way free. */
export const DUTY_WAIT_MS = 15_000;

/** One mark per second and instrument to the ledger, never the tick stream. */
export const MARK_INTERVAL_MS = 1_000;

/** Body of an HTTP request. */
export const REQUEST_BODY_BYTES_MAX = 262_144;

/** Rows of one page, and the default. */
export const PAGE_ROWS_MAX = 500;
export const PAGE_ROWS_DEFAULT = 100;

/** Instruments one REST call may name. */
export const INSTRUMENTS_PER_CALL_MAX = 1_000;

/** Bars one `/v1/candles` answer holds. */
export const CANDLES_PER_CALL_MAX = 5_000;

/** Retries of an order that was proven not sent, after its first attempt. */
export const ORDER_RETRIES_MAX = 2;

/** Delay before each retry, seconds: a broker's hiccup passes, a trader does not wait a minute. */
export const ORDER_RETRY_DELAY_SECONDS = [2, 5] as const;

/** An order this long after its first attempt is sent by no retry: it would be another trade, so a person decides. A lost message that is made again is well within it. */
export const ORDER_RETRY_AGE_MS_MAX = 60_000;

/** How long a gateway waits for a broker's answer before the outcome is unknown. */
export const ORDER_ANSWER_TIMEOUT_MS = 10_000;

/** An order whose next step did not happen for this long is swept, and again after these waits. */
export const ORDER_STEP_OVERDUE_MS = 15_000;
export const SWEEP_RETRY_MS = [5_000, 10_000, 20_000, 60_000] as const;

/** An unknown outcome that look-ups did not resolve in this time goes to the desk, and an accepted order that the broker's lists do not show for as long. */
export const UNKNOWN_DEADLINE_MS = 60_000;

/** A kill switch is not reset sooner than this: a reflex is not a decision. */
export const KILL_SWITCH_HOLD_MS = 2_000;

/** How often the trips are looked at while orders and marks come: the checks refuse by themselves meanwhile. */
export const TRIP_LOOK_INTERVAL_MS = 250;

/** How long a Worker isolate may keep the lease's epoch: an old one is refused, so only a takeover waits for it. */
export const LEASE_CACHE_MS = 5_000;

/** Restrictions, and registered algos, that one ledger keeps: a wide watchlist, and a bound for its memory. */
export const CONTROLS_PER_KIND_MAX = 1_000;

/** How long a Worker isolate may keep an API key's row: a revoked key dies within this time. */
export const API_KEY_CACHE_MS = 10_000;

/** How long a Worker isolate may keep whether a broker keeps hours: whoever changes that looks at once. */
export const HOURS_CACHE_MS = 1_000;

/** How long a Worker isolate may keep the instrument master. */
export const INSTRUMENT_CACHE_MS = 30_000;

/** How long an order waits for the first tick of an instrument that nobody watched before: a broker's first tick comes within a second or not soon. */
export const FIRST_TICK_WAIT_MS = 1_500;

/** How often that wait looks. */
export const FIRST_TICK_POLL_MS = 100;

/** Algo sockets one market takes before the next market opens: 200 at 10,000 ticks/s is what one object was measured to carry. */
export const MARKET_SOCKETS_MAX = 250;

/** A subscribe that the broker has not answered in this time is an alarm. */
export const SUBSCRIBE_ANSWER_BOUND_MS = 10_000;

/** An alarmed instrument is asked for again this often: a broker must not be hammered with what it refuses. */
export const SUBSCRIBE_RETRY_MS = 60_000;

/** Unsubscribes without an answer, after which the instrument counts as let go of: what still comes of it is not wanted, and counted. */
export const UNSUBSCRIBES_UNANSWERED_MAX = 3;

/** Each connection that brought no data doubles the silence it is allowed, this many times at most: a closed market is not a broken socket. */
export const SILENCE_DOUBLINGS_MAX = 5;

/** Updates of one instrument that a shard keeps while another still delivers it: seconds at the busiest rate seen. */
export const HAND_OVER_UPDATES_MAX = 2_000;

/** Frames an algo that sends `ack` may leave unacknowledged before its ticks are conflated: about ten seconds of a busy stream. */
export const STREAM_UNACKNOWLEDGED_FRAMES_MAX = 1_024;

/** The same in characters: what is not read lies in the memory of the market, and a frame of many instruments is long. */
export const STREAM_UNACKNOWLEDGED_CHARACTERS_MAX = 4_194_304;

/** How often a market looks whether a lagging socket has caught up. */
export const LAGGING_CHECK_MS = 100;

/** A lagging socket that takes nothing for this long is closed with 4008: nobody reads it. */
export const LAGGING_MS_MAX = 30_000;

/** Reconnects between our own objects: they are near, and an algo is waiting. */
export const LINK_RECONNECT = { baseDelayMs: 50, factor: 2, maxDelayMs: 2_000 } as const;

/** A call between our own objects that failed is made again after this long, by alarm. */
export const OBJECT_RETRY_MS = 2_000;

/** How often a broker's list of instruments is read again: exchanges change theirs daily. */
export const INSTRUMENT_REFRESH_MS = 3_600_000;

/** An order waits at most this long for its turn at the broker's order rate; later it would be another trade. */
export const ORDER_RATE_WAIT_MS_MAX = 1_000;

/** A way out waits longer in the same line: entries that come all the time must not keep it out. */
export const WAY_OUT_RATE_WAIT_MS_MAX = 3_000;

/** How long a close waits for the cancels of what rests in its way, and how often it looks: a broker's cancel takes tens of milliseconds. */
export const CLOSE_CANCEL_WAIT_MS = 3_000;
export const CLOSE_CANCEL_POLL_MS = 100;

/** A look-up waits at most this long for a turn that leaves the orders' reserve alone; then it has failed, and the next one is due soon. */
export const LOOK_UP_RATE_WAIT_MS_MAX = 5_000;

/** How long an entry waits for the order stream to be up and what was missed to be read in; then it is not sent. */
export const ORDER_STREAM_READY_WAIT_MS = 5_000;

/** Between two tries to clear up an order whose state is in doubt: the first soon, then backing off. */
export const ORDER_LOOK_DELAY_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;

/** How long a broker may take to confirm a cancel or new terms on the stream before the gateway looks. */
export const ORDER_CONFIRM_WAIT_MS = 5_000;

/** With open orders, the broker is asked this often although the stream is healthy: streams lose fills. */
export const OPEN_ORDERS_POLL_MS = 10_000;

/** Without open orders: fills by hand and by the broker itself still have to be seen. */
export const IDLE_POLL_MS = 60_000;

/** Each poll reads executions again this far back: the broker's clock is not ours, and its records may lag. */
export const EXECUTIONS_OVERLAP_MS = 60_000;

/** Funds are read this often, and this soon after a fill. */
export const BALANCES_POLL_MS = 60_000;
export const BALANCES_AFTER_FILL_MS = 2_000;

/** Before balances are asked for again: without them entries are refused. */
export const BALANCES_RETRY_MS = 2_000;

/** An order not sent, of which no retry was heard for this long, has lost its queue message. */
export const NOT_SENT_SWEEP_MS = 30_000;

/** Events that one post to the ledger carries. */
export const OUTBOX_BATCH_MAX = 100;

/** Intents that a gateway brings to the ledger in one call. */
export const RESERVE_BATCH_MAX = 100;

/** Before the ledger is tried again with what a gateway has to post. */
export const OUTBOX_RETRY_MS = 2_000;

/** How long a key that was good stays good while the database of keys cannot be read. */
export const API_KEY_STALE_MS = 600_000;

/** Keys one isolate remembers: far more than a desk has, and a bound for guesses. */
export const API_KEYS_CACHED_MAX = 1_000;

/** Requests of one caller, per second and isolate: half of what one object serves. */
export const API_REQUESTS_PER_SECOND = 500;

/** Requests of one caller at once: a basket of orders on every instrument of a call. */
export const API_REQUESTS_BURST = 1_000;

/** Callers one isolate counts. */
export const API_CALLERS_COUNTED_MAX = 10_000;

/** How long a status or metrics page waits for one part before it calls it down. */
export const PROBE_TIMEOUT_MS = 3_000;

/** Tradebook rows of one D1 batch, which is one transaction: a second of a busy ledger fits in a few. */
export const OUTBOX_BATCH_ROWS = 500;

/** How long rows wait for more to go with them: readers of the tradebook do not notice, and D1 is asked seldom. */
export const OUTBOX_PACE_MS = 200;

/** Rows bound as one value: D1 takes 2 MB, and a character may be three bytes. */
export const TRADEBOOK_STATEMENT_CHARS_MAX = 600_000;

/** Notices kept for a market that does not answer; past it the oldest go, and the hole in versions tells. */
export const NOTICES_WAITING_MAX = 1_000;

/** Risk figures go to the streams at most this often: a person reads them. */
export const RISK_NOTICE_INTERVAL_MS = 400;

/** How often marks and what they moved are stored while they come: what a crash may forget. */
export const MARKS_STORE_INTERVAL_MS = 5_000;

/** How late a trade may come and still amend its bar: exchanges correct themselves within seconds. */
export const CANDLE_GRACE_MS = 30_000;

/** Own bars are kept for a long weekend; by then every broker's history has them. */
export const OWN_CANDLES_KEPT_MS = 4 * 86_400_000;

/** Bars of one call from a shard to its manager. */
export const OWN_CANDLES_BATCH_MAX = 1_000;

/** Bars a shard keeps while its manager cannot be reached: an hour of 300 instruments. */
export const OWN_CANDLES_WAITING_MAX = 20_000;

/** A minute's bars are handed over this long after its end: its last ticks are on their way. */
export const OWN_CANDLES_DELAY_MS = 2_000;

/** A shard folds its ticks into bars and recordings this often, and so many at a time: under a millisecond each, and more than 20,000 ticks a second. */
export const HISTORY_SLICE_MS = 10;
export const HISTORY_SLICE_TICKS_MAX = 250;

/** A shard that has nothing left ends its bars and recordings within this, at a time of its own: several that a resize empties at once would hold up the ticks of the others. */
export const HISTORY_END_MS_MAX = 4_000;

/** Ticks a shard logs between two drains: ten times the busiest second measured. */
export const SHARD_LOG_TICKS_MAX = 100_000;

/** A recording that reaches this is written before its minute is over: a shard's memory is 128 MB. */
export const RECORDING_BLOB_BYTES_MAX = 8_388_608;

/** Recordings that wait for the archive, the one on its way included: with the bound above, 32 MB. */
export const RECORDINGS_WAITING_MAX = 4;

/** Writes of a recording before its ticks are given up, and the wait between them, growing by itself. */
export const RECORDING_TRIES_MAX = 3;
export const RECORDING_RETRY_MS = 1_000;

/**
 * Trades of a recorded day are held back this long, by the exchange's clock, for earlier ones of other shards
 * and for those that were told late: a minute more than the oldest of these (`LATE_TRADES_AGE_MS_MAX`).
 */
export const RECORDED_TRADES_HOLD_MS = 240_000;

/** Orders that nobody has confirmed are looked at this often, from this age on. */
export const IN_FLIGHT_CHECK_MS = 2_000;
export const IN_FLIGHT_AFTER_MS = 5_000;

/** Looks at one order in flight; then its outcome is unknown, and the look-ups that back off take over. */
export const IN_FLIGHT_TRIES_MAX = 5;

/** Positions are compared with the broker's this often. */
export const POSITIONS_POLL_MS = 60_000;

/** While a position differs it is compared this often. */
export const POSITIONS_RECHECK_MS = 5_000;

/** After this the facts of an instrument that was traded past us are asked for again. */
export const DESCRIBE_RETRY_MS = 10_000;

/** A fill is inferred from a position only after the same difference has stood this long: a late report of it is still likely before. */
export const INFERRED_FILL_QUIET_MS = 10_000;

/** Comparisons in a row in which an instrument may differ; then it is frozen, and people are told. */
export const RECONCILE_TRIES_MAX = 6;

/** How far back executions are read again when a position differs: a trading day. */
export const RECONCILE_LOOK_BACK_MS = 86_400_000;
