/** How long ledger and gateways keep what has ended, and how much they let go of at a time; each with its unit and its reason. */

/** A gateway keeps the whole record of an order this long after its end: a long weekend, and far beyond what a broker is asked for again (`RECONCILE_LOOK_BACK_MS`). */
export const GATEWAY_RECORD_KEPT_MS = 4 * 86_400_000;

/** After that its ids and its end, and the ids of its executions: longer than any carrier of an order, and than a day's report is put off. */
export const GATEWAY_IDS_KEPT_MS = 45 * 86_400_000;

/** Rows that one slice of a gateway looks at: some milliseconds, and at this pace over two million a day. */
export const GATEWAY_SLICE_ROWS = 300;

/** Between two slices of a gateway. */
export const GATEWAY_SLICE_MS = 10_000;

/** The ledger keeps an order whole this long after its end: a week's reports are in by then, and its gateway has let go of it. */
export const LEDGER_ORDER_KEPT_MS = 7 * 86_400_000;

/** Orders of one slice of the ledger, which are one transaction: some ten milliseconds, in which no order is decided. */
export const LEDGER_SLICE_ORDERS = 100;

/** Between two slices of the ledger. */
export const LEDGER_SLICE_MS = 5_000;

/** News of an archived order waits this long for the tradebook to tell the order; then it is booked without. */
export const ARCHIVED_READ_WAIT_MS = 3_000;
