/** Bounds of telling people, each with its unit and reason. */

/** Tries of one message by one channel: a receiver's outage of a few minutes is waited out, then the next step tells. */
export const ALERT_ATTEMPTS_MAX = 4;

/** Before each further try, ms; the desk looks each minute, so a shorter wait would be no sooner. */
export const ALERT_RETRY_MS = [20_000, 60_000, 120_000] as const;

/** Steps of one dead letter's escalation: at the longest repeat more than two days, then whoever is called does not answer. */
export const ALERT_STEPS_MAX = 200;

/** Open dead letters, or incidents, that are read at a time: their keys are bound in one statement, which takes 100. */
export const ALERTS_PER_PAGE = 80;

/** Pages that one pass looks through for what is due: so many stand open only where nobody looks at the desk at all. */
export const ALERT_PAGES_MAX = 25;

/**
 * Requests to receivers in one pass of one channel, which then goes on in a pass of its own: with what is
 * read and written beside them they stay far below what the platform grants one call (1,000 at the least),
 * and what is new waits for no more than these, also where each takes its whole time.
 */
export const ALERT_REQUESTS_PER_PASS = 50;

/** At a time: of the six connections that the platform gives a call, one is left to the database. A request that waited for one would use up its own time. */
export const ALERT_LANES = 5;

/** How long a receiver may take, ms: others of its channel wait for it. */
export const ALERT_SEND_MS_MAX = 10_000;

/** What recording one send may take beside its requests, ms, on a busy database. */
const RECORDING_MS = 20_000;

/** How long one run may hold a message of so many requests before another takes it over, ms: longer than sending it can take. */
export const claimMs = (requests: number): number =>
  Math.ceil(requests / ALERT_LANES) * ALERT_SEND_MS_MAX + RECORDING_MS;

/** A receiver that asks for longer is asked again after this, ms: the next minute looks anyway. */
export const ALERT_PAUSE_MS_MAX = 60_000;

/** Devices signed up for notifications: one message goes to each, and a person has a handful. */
export const PUSH_DEVICES_MAX = 50;
