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

/**
 * The tradebook keeps an order's events in D1 this long after its end, then in files: some days more than
 * the ledger keeps the order itself, so that most late news finds them there. 2.5 GB at a hundred thousand orders a day.
 */
export const EVENTS_KEPT_MS = 10 * 86_400_000;

/** Orders of which one slice asks whether their events may move: D1 walks some 25,000 rows for it, in some 50 ms. */
export const EVENTS_SLICE_ORDERS = 5_000;

/** Events of one file, unless a single order has more: 2.5 MB of text, some 300 kB packed, which is read whole for one order. */
export const EVENTS_PART_ROWS = 5_000;

/** Events that one statement deletes: their keys are one bound value, of which D1 takes 2 MB. */
export const EVENTS_DELETED_ROWS = 10_000;

/**
 * One minute's run begins slices for so long. Most of it is packing, and the minute's other work shares the
 * invocation's 5 s of processor time; at this pace some fifty thousand events go in a minute.
 */
export const EVENTS_RUN_MS = 3_000;

/** People are told when nothing could be moved for so long: D1 has room for weeks, and a person needs days. */
export const EVENTS_FAILING_TOLD_MS = 6 * 3_600_000;
