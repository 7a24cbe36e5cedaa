/** Comparing ourselves with a broker, as it crosses the API: reports, their differences, and how each check stands. */
import { z } from "zod";
import { accountId, decimalOutput, pageQuery, reason, timestamp } from "./primitives.ts";

export const DIFFERENCE_KINDS = [
  /** The broker has it, we do not. */
  "missing_here",
  /** We have it, the broker does not. */
  "missing_there",
  "quantity_differs",
  "price_differs",
  "state_differs",
  /** Open here, and the broker does not tell of it. */
  "order_missing_there",
  "order_filled_differs",
  "order_quantity_differs",
  /** Both say that it stands. */
  "order_left_open",
  /** Placed past us, by hand or by the broker. */
  "external_order",
  "external_fill",
  "position_differs",
  "funds_differ",
] as const;

export const differenceView = z.object({
  kind: z.enum(DIFFERENCE_KINDS),
  /** What it is about: an execution, an order, an instrument or a currency. */
  subject: z.string(),
  instrument: z.string().nullable(),
  ours: z.string().nullable(),
  theirs: z.string().nullable(),
  /** `repaired`: the tradebook has been put right. `noted`: nothing has to be done. */
  outcome: z.enum(["repaired", "noted", "unresolved"]),
  message: z.string(),
});

export type DifferenceView = z.infer<typeof differenceView>;

/** One instrument, three ways: they have to say the same. */
export const positionComparison = z.object({
  instrument: z.string(),
  /** Carried forward from our own ledger to the start of the day. */
  opening: decimalOutput,
  ours: decimalOutput,
  /** The opening position with the broker's executions of the day. */
  byBrokerExecutions: decimalOutput,
  brokerPosition: decimalOutput,
});

export type PositionComparison = z.infer<typeof positionComparison>;

export const RECONCILIATION_STATUSES = [
  "clean",
  "repaired",
  "unresolved",
  "accepted",
  /** A query failed: nothing was compared and nothing changed. */
  "failed",
] as const;

export type ReconciliationStatus = (typeof RECONCILIATION_STATUSES)[number];

export const reconciliationReport = z.object({
  /** Why nothing could be compared; null when all was. */
  failure: z.string().nullable(),
  from: timestamp,
  to: timestamp,
  executions: z.object({ ours: z.number().int(), theirs: z.number().int() }),
  /** Open at the end of it; left out of reports from before orders were compared. */
  openOrders: z.object({ ours: z.number().int(), theirs: z.number().int() }).optional(),
  positions: z.array(positionComparison),
  funds: z.array(z.object({ currency: z.string(), total: decimalOutput })),
  differences: z.array(differenceView),
});

export type ReconciliationReport = z.infer<typeof reconciliationReport>;

/** A report in a list. */
export const reconciliationView = z.object({
  id: z.string(),
  account: z.string(),
  day: z.string(),
  startedBy: z.string(),
  startedAt: timestamp,
  finishedAt: timestamp,
  status: z.enum(RECONCILIATION_STATUSES),
  differences: z.number().int(),
  unresolved: z.number().int(),
  acceptedBy: z.string().nullable(),
  acceptedAt: timestamp.nullable(),
  acceptedReason: z.string().nullable(),
});

export type ReconciliationView = z.infer<typeof reconciliationView>;

export const reconciliationDetail = reconciliationView.extend({ report: reconciliationReport });

export type ReconciliationDetail = z.infer<typeof reconciliationDetail>;

export const RECONCILE_KINDS = ["in_flight", "open_orders", "positions", "balances"] as const;

export type ReconcileKind = (typeof RECONCILE_KINDS)[number];

/** How the checks of one account stand. */
export const accountReconciliation = z.object({
  account: z.string(),
  /** False until what was missed has been read in after the order stream came up: entries are refused. */
  ready: z.boolean(),
  checks: z.array(
    z.object({
      kind: z.enum(RECONCILE_KINDS),
      lastRunAt: timestamp.nullable(),
      result: z.enum(["ok", "differs", "failed", "not_run"]),
      message: z.string(),
      nextRunAt: timestamp.nullable(),
    }),
  ),
  /** Instruments that did not converge: entries are refused, exits pass. */
  frozen: z.array(z.object({ instrument: z.string(), since: timestamp, reason: z.string() })),
});

export type AccountReconciliation = z.infer<typeof accountReconciliation>;

type Judged = Pick<
  ReconciliationDetail,
  "status" | "unresolved" | "report" | "startedAt" | "acceptedAt"
>;

/**
 * What a person's acceptance of a report lets trade again of what is frozen. A report in which all agrees speaks for what was
 * frozen before it. One that a person takes on as it is stands for all that is frozen then, and again for
 * nothing that froze later.
 */
export function freedBy<Frozen extends { since: number }>(
  { unresolved, report, startedAt, acceptedAt }: Judged,
  frozen: readonly Frozen[],
): Frozen[] {
  const agrees = unresolved === 0 && report.failure === null;
  const until = agrees ? startedAt : (acceptedAt ?? Infinity);
  return frozen.filter(({ since }) => since <= until);
}

/** Whether there is something for a person to accept: what is open, or what is frozen still. */
export const waitsForPerson = (judged: Judged, frozen: readonly { since: number }[]): boolean =>
  judged.status === "unresolved" ||
  judged.status === "failed" ||
  freedBy(judged, frozen).length > 0;

export const reconciliationsView = z.object({
  accounts: z.array(accountReconciliation),
  /** True when an unresolved report waits for a person: the next wake is refused. */
  wakeBlocked: z.boolean(),
  items: z.array(reconciliationView),
  nextCursor: z.string().nullable(),
});

export type ReconciliationsView = z.infer<typeof reconciliationsView>;

export const reconciliationsQuery = pageQuery;

export const runReconciliationRequest = z.strictObject({ account: accountId.optional() });

export const acceptReconciliationRequest = z.strictObject({ reason });
