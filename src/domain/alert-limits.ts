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

/** Of those that are due, told of in one pass; the rest comes with the next, a minute later. */
export const ALERTS_PER_PASS = 80;

/** Devices signed up for notifications: one message goes to each, and a person has a handful. */
export const PUSH_DEVICES_MAX = 50;
