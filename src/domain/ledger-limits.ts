/** The bounds of what the ledger believes and stores; each with its unit and its reason. All others are in `limits.ts`. */

/** A mark older than this values nothing that is held, while its market is open: longer than a quiet instrument is silent, short beside the day whose loss it is to tell. */
export const VALUE_MARK_AGE_MS_MAX = 300_000;

/** How often the ages of marks are looked at. */
export const MARKS_AGE_LOOK_MS = 1_000;

/** What is held without a usable price for this long is told to people: a feed that just begins is not. */
export const UNVALUED_TOLD_AFTER_MS = 60_000;
