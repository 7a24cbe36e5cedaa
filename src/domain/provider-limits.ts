/** Bounds of failover between providers, each with its unit and its reason; the rest stands in `limits.ts`. */
import type { Session } from "./calendar.ts";
import type { FailoverBounds } from "./failover.ts";

/** Providers that one instrument may have ranked: each that waits in standby holds a subscription. */
export const PROVIDERS_RANKED_MAX = 8;

/** How long the active provider may be stale or disconnected: most reconnects are over by then. */
export const PROVIDER_LEAVE_MS = 1_000;

/**
 * How long the active provider may be unheard of. Shards tell once a second, and an instrument that moves from one
 * to another is told of by neither in between: the ticks go on, and a switch would tear a hole where none is.
 */
export const PROVIDER_UNHEARD_MS = 5_000;

/**
 * How long nothing may be known of an instrument at any of its providers before people are told that it is
 * down: one that trades every few minutes is no outage, and five minutes are one for whoever trades.
 */
export const PROVIDER_UNKNOWN_MS = 300_000;

/** How long a better provider must have been fresh before it is taken back: one that comes and goes is worth less than a steady second. */
export const PROVIDER_SETTLE_MS = 20_000;

/** A shard's health report is sent again this often, though nothing changed. */
export const PROVIDER_REPORT_MS = 15_000;

/** A shard not heard of for this long is taken for disconnected: three reports and the watchdog's wake were due. */
export const PROVIDER_REPORT_LOST_MS = 50_000;

/** After a standby was refused for want of room, and again after each further refusal; jittered upwards from `OBJECT_RETRY_MS`. */
export const STANDBY_REFUSED_BACKOFF = {
  baseDelayMs: 4_000,
  factor: 2,
  maxDelayMs: 300_000,
} as const;

/** Switches kept for the history: months of a calm feed, and a bound for one that is not. */
export const PROVIDER_SWITCHES_KEPT_MAX = 10_000;

/** How long an isolate may price orders by the provider it was told: a switch takes longer than that by itself. */
export const ORDER_PROVIDER_CACHE_MS = 1_000;

/** Instruments whose provider an isolate keeps: more than it ever trades; past that it forgets and asks anew. */
export const ORDER_PROVIDERS_CACHED_MAX = 10_000;

/** After a poll that failed, all polls of that provider wait; without jitter, for one account has one who asks. */
export const POLL_BACKOFF = { baseDelayMs: 500, factor: 2, maxDelayMs: 30_000 } as const;

/** Polls in a row that brought no answer: then the line counts as lost, as a socket that has closed. */
export const POLL_FAILURES_MAX = 3;

/** A quote that has not come by then is of no use: the next one would be newer. */
export const POLL_ANSWER_TIMEOUT_MS = 2_000;

/** No quote is asked for more often than this, whatever it changes: a tenth of a second is a stream's business. */
export const POLL_MS_MIN = 100;

/** A quote that never changes is looked at all the same this often: it might begin to. */
export const POLL_MS_MAX = 30_000;

/** What failover goes by in a session. */
export const boundsIn = ({ opensAt }: Session): FailoverBounds => ({
  leaveMs: PROVIDER_LEAVE_MS,
  unheardMs: PROVIDER_UNHEARD_MS,
  unknownMs: PROVIDER_UNKNOWN_MS,
  settleMs: PROVIDER_SETTLE_MS,
  dueSince: opensAt,
});
