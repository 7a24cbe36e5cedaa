/** The bounds of what the ledger believes and stores; each with its unit and its reason. All others are in `limits.ts`. */

/** So far ahead of the ledger's clock a mark may be, ms: clocks of two machines differ by less. */
export const MARK_AHEAD_MS_MAX = 5_000;

/** A mark older than this values nothing that is held, while its market is open: longer than a quiet instrument is silent, short beside the day whose loss it is to tell. */
export const VALUE_MARK_AGE_MS_MAX = 300_000;

/** A mark that nobody holds anything by is forgotten after this, ms: it has long been too old to price an order. */
export const MARK_KEPT_MS = 3_600_000;

/** How often the ages of marks are looked at. */
export const MARKS_AGE_LOOK_MS = 1_000;

/** What is held without a usable price, or a trip that does not know whether to fire, for this long is told to people: a feed that just begins is not. */
export const LASTING_TOLD_AFTER_MS = 60_000;

/** Of one algo and one reason, a denial within this of one that was stored as an order is only counted: a loop that runs away must not fill the ledger that all share. */
export const DENIAL_REPEAT_WINDOW_MS = 1_000;

/** Denials that were only counted whose ids stay refused: twenty seconds of the busiest caller, in some ten megabytes. */
export const REPEATED_DENIALS_KEPT_MAX = 10_000;
