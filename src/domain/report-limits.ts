/** How a day's report is run, run again and told of, each with its unit and its reason. */

/** Differences that one report lists; past it only their number is told. */
export const REPORT_DIFFERENCES_MAX = 1_000;

/** The day's reconciliation begins this long after the trading day's end: late reports are in by then. */
export const REPORT_DELAY_MS = 600_000;

/** A failed run of the day's reconciliation is tried again this often. */
export const REPORT_RETRY_MS = 300_000;

/**
 * Closed days that are made up for: a week in which nobody looked. What the ledger has of such a day is
 * still whole (`LEDGER_ORDER_KEPT_MS`), and each day further back is one more of both books to be read.
 */
export const REPORT_DAYS_MAX = 7;

/** People are told when a day is not compared so long after it was due: a broker's nightly work is over by then, and the next wake is still to come. */
export const REPORT_LATE_MS = 2 * 3_600_000;
