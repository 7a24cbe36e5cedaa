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

/**
 * Orders and executions stay in D1 for so many days unless the deployment says otherwise. A hundred thousand of
 * each are 69 MB a day, so that sixty days and ten of events are 6.6 GB of the 10 that a database may have; and
 * by then no gateway tells of them (`GATEWAY_IDS_KEPT_MS`), and no report asks for them.
 */
export const BOOK_KEPT_DAYS = 60;

/** Longer than events stay (`EVENTS_KEPT_MS`) and than reports are made up for (`REPORT_DAYS_MAX`). */
export const BOOK_KEPT_DAYS_MIN = 14;

export const BOOK_KEPT_DAYS_MAX = 3_650;

/** Rows that one slice reads, and so at most those of one file: 2.5 MB of text, some 300 kB packed. */
export const BOOK_SLICE_ROWS = 5_000;

/** One minute's run begins slices for so long, of orders or of executions: see `EVENTS_RUN_MS`. Five slices or so, some twenty thousand rows. */
export const BOOK_RUN_MS = 3_000;

/** Files that one page of a list reads: some 30 ms of processor time each. Where that was not enough, the page is short and its cursor goes on. */
export const BOOK_PARTS_PER_PAGE = 12;

/** Files that one page looks at in the list: more than ever overlap at one moment, as the small ones of orders that ended late do. */
export const BOOK_PARTS_LISTED_MAX = 500;

/** What a database of D1 may hold: 10 GB. */
export const D1_BYTES_MAX = 10_000_000_000;

/** From this share of it on people are told: D1 has room for weeks, and whatever keeps rows from moving wants a person. */
export const D1_TOLD_SHARE = 0.75;

/** From this share on it is critical: when D1 is full the tradebook stops, and the ledger's outbox grows. */
export const D1_CRITICAL_SHARE = 0.9;
