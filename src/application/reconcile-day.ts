/**
 * Compares a day three ways, repairs our tradebook and lays the report down. A query that fails ends it
 * with a report that says so and changes nothing; trading that goes on meanwhile makes it start over.
 */
import type {
  DifferenceView,
  ReconciliationReport,
  ReconciliationStatus,
} from "../contract/reconciliation.ts";
import { EXECUTIONS_OVERLAP_MS } from "../domain/limits.ts";
import type { Execution } from "../domain/order.ts";
import { signedQuantity } from "../domain/reconciliation/compare.ts";
import { subjectOf, type Difference } from "../domain/reconciliation/difference.ts";
import {
  differenceText,
  threeWay,
  type DayBooks,
  type Finding,
  type Repair,
  type ThreeWay,
} from "../domain/reconciliation/three-way.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { externalOrderId } from "../domain/reconciliation/synthetic-id.ts";
import { EXTERNAL_ALGO } from "../domain/risk/external.ts";
import { REPORT_DIFFERENCES_MAX } from "../domain/report-limits.ts";
import { errorText } from "./log.ts";
import type { OrderGatewayPort, RiskLedgerPort } from "./ports.ts";
import type {
  ReconcileBook,
  ReconciliationRecord,
  TradebookExecution,
  TradebookRepair,
} from "./reconcile-book.ts";
import { readOrders, type ReadOrders } from "./reconcile-orders.ts";
import type { BrokerBook } from "./reconcile-port.ts";

/** Readings that trading may spoil before the run gives up for now. */
const READINGS_MAX = 3;

/** Comparisons whose repairs the tradebook may overtake before the run gives up for now. */
const COMPARISONS_MAX = 3;

export interface ReconcileDayPorts {
  gateway: Pick<OrderGatewayPort, "brokerBook">;
  ledger: Pick<RiskLedgerPort, "ensure" | "status" | "positions" | "order">;
  book: ReconcileBook;
  now(): number;
}

export interface ReconcileRequest {
  id: string;
  account: string;
  day: string;
  /** Start of the day, ms since 1970. */
  from: number;
  startedBy: string;
}

interface Reading {
  broker: BrokerBook;
  ours: TradebookExecution[];
  ledger: { instrument: string; quantity: string }[];
  orders: ReadOrders;
  version: number;
}

export async function reconcileDay(
  ports: ReconcileDayPorts,
  request: ReconcileRequest,
): Promise<ReconciliationRecord> {
  const base = { ...request, startedAt: ports.now() };
  for (let comparison = 0; comparison < COMPARISONS_MAX; comparison += 1) {
    const read = await readStill(ports, request.account, request.from);
    if (!read.ok) return failed(ports, base, read.error);
    const record = await compared(ports, base, read.value);
    if (record) return record;
  }
  return failed(
    ports,
    base,
    "a row of the tradebook that was to be repaired is of a later version of the ledger than the one compared; it is compared again later",
  );
}

interface Begun extends ReconcileRequest {
  startedAt: number;
}

/** Null where a row that it would repair has moved on since the reading: then nothing of it stands, and nothing was written. */
async function compared(
  ports: ReconcileDayPorts,
  { from, ...base }: Begun,
  reading: Reading,
): Promise<ReconciliationRecord | null> {
  const { broker, ours, ledger, orders, version } = reading;
  const result = threeWay({
    ours: ours.map(({ execution }) => execution),
    external: new Set(
      ours
        .filter(({ algoId }) => algoId === EXTERNAL_ALGO)
        .map(({ execution }) => execution.executionId),
    ),
    theirs: broker.executions,
    ledger,
    positions: broker.positions,
    funds: broker.balances,
    ...(await fundsBefore(ports.book, base.account, from)),
  });
  // What stands in both comes last, so that a long list of it hides nothing.
  const findings = [...result.findings, ...orders.findings];
  const unresolved = findings.filter(({ outcome }) => outcome === "unresolved").length;
  const record: ReconciliationRecord = {
    ...base,
    finishedAt: ports.now(),
    status: statusOf(findings, unresolved),
    differences: findings.length,
    unresolved,
    report: reportOf(result, findings, reading, from),
  };
  const executions = await repairsOf(ports.book, result.repairs, ours);
  const isSaved = await ports.book.save(record, { executions, orders: orders.repairs }, version);
  return isSaved ? record : null;
}

/** A report just after midnight follows one of the day before: what was executed in between is in no day of its own. */
async function fundsBefore(
  book: ReconcileBook,
  account: string,
  from: number,
): Promise<Pick<DayBooks, "fundsBefore" | "tradedBefore">> {
  const last = await book.lastFunds(account);
  if (last === null) return { fundsBefore: null, tradedBefore: false };
  // The broker's clock is not ours, and its funds may follow a trade late.
  const since = last.at - EXECUTIONS_OVERLAP_MS;
  return { fundsBefore: last.funds, tradedBefore: await book.hasTraded(account, since, from) };
}

/** Both sides of one moment: nothing was booked from before the first query to after the last. */
async function readStill(
  ports: ReconcileDayPorts,
  account: string,
  from: number,
): Promise<Result<Reading, string>> {
  try {
    for (let reading = 0; reading < READINGS_MAX; reading += 1) {
      const before = (await ports.ledger.status()).version;
      const broker = await ports.gateway.brokerBook(from);
      if (!broker.ok) return broker;
      await ports.ledger.ensure();
      const { version, outbox } = await ports.ledger.status();
      if (outbox > 0) return err(`${outbox} rows of the ledger wait for the tradebook`);
      const ours = await ports.book.executions(account, from);
      const positions = await ports.ledger.positions();
      const orders = await readOrders(ports, account, broker.value);
      const after = (await ports.ledger.status()).version;
      if (before !== version || after !== version) continue;
      const ledger = positions.filter((each) => each.account === account);
      return ok({ broker: broker.value, ours, ledger, orders, version });
    }
    return err("trading went on during each reading; it is read again later");
  } catch (error) {
    return err(errorText(error));
  }
}

async function failed(
  ports: ReconcileDayPorts,
  { from, ...base }: Begun,
  failure: string,
): Promise<ReconciliationRecord> {
  const finishedAt = ports.now();
  const executions = { ours: 0, theirs: 0 };
  const nothing = { positions: [], funds: [], differences: [] };
  const report = { failure, from, to: finishedAt, executions, ...nothing };
  const counts = { differences: 0, unresolved: 0 };
  const record: ReconciliationRecord = { ...base, finishedAt, status: "failed", ...counts, report };
  await ports.book.save(record, { executions: [], orders: [] }, 0);
  return record;
}

const statusOf = (findings: readonly Finding[], unresolved: number): ReconciliationStatus => {
  if (unresolved > 0) return "unresolved";
  return findings.some(({ outcome }) => outcome === "repaired") ? "repaired" : "clean";
};

function reportOf(
  result: ThreeWay,
  findings: readonly Finding[],
  reading: Reading,
  from: number,
): ReconciliationReport {
  const { broker, ours, orders } = reading;
  return {
    failure: null,
    from,
    to: broker.askedAt,
    executions: { ours: ours.length, theirs: broker.executions.length },
    openOrders: orders.open,
    positions: result.positions,
    funds: broker.balances.map(({ currency, total }) => ({ currency, total })),
    differences: findings.slice(0, REPORT_DIFFERENCES_MAX).map(differenceView),
  };
}

function differenceView(finding: Finding): DifferenceView {
  const { difference, outcome } = finding;
  const { kind } = difference;
  const subject = subjectOf(difference);
  const { instrument, ours, theirs } = sidesOf(difference);
  const message = differenceText(finding);
  return { kind, subject, instrument, ours, theirs, outcome, message };
}

const tradeText = (execution: Execution): string =>
  `${signedQuantity(execution)} at ${execution.price}`;

function sidesOf(difference: Difference): Pick<DifferenceView, "instrument" | "ours" | "theirs"> {
  switch (difference.kind) {
    case "missing_here":
    case "external_fill": {
      const { execution } = difference;
      const ours = difference.kind === "external_fill" ? tradeText(execution) : null;
      return { instrument: execution.instrument, ours, theirs: tradeText(execution) };
    }
    case "missing_there": {
      const { execution } = difference;
      return { instrument: execution.instrument, ours: tradeText(execution), theirs: null };
    }
    case "quantity_differs":
    case "price_differs": {
      const { ours, theirs } = difference;
      return { instrument: ours.instrument, ours: tradeText(ours), theirs: tradeText(theirs) };
    }
    case "external_order":
      return { instrument: difference.instrument, ours: null, theirs: null };
    case "order_missing_there":
      return { instrument: difference.instrument, ours: difference.ours, theirs: null };
    case "order_left_open": {
      const { instrument, filled, quantity } = difference;
      const filledText = `${filled} of ${quantity}`;
      return { instrument, ours: filledText, theirs: filledText };
    }
    case "state_differs":
    case "order_filled_differs":
    case "order_quantity_differs":
    case "position_differs":
      return difference;
    case "funds_differ":
      return { instrument: null, ours: difference.ours, theirs: difference.theirs };
  }
}

/** Each repair with the algo whose order it belongs to; an order that is not ours is external. */
async function repairsOf(
  book: ReconcileBook,
  repairs: readonly Repair[],
  ours: readonly TradebookExecution[],
): Promise<TradebookRepair[]> {
  const known = new Map(ours.map(({ algoId, execution }) => [execution.executionId, algoId]));
  const added = repairs.flatMap((repair) =>
    repair.kind === "add" ? [repair.execution.clientOrderId] : [],
  );
  const algos = await book.algos([...new Set(added)]);
  return repairs.map((repair) => {
    if (repair.kind === "correct") {
      const { before, after } = repair;
      return { before, execution: after, algoId: known.get(after.executionId) ?? EXTERNAL_ALGO };
    }
    const { execution } = repair;
    const { account, brokerOrderId } = execution;
    const own = algos.get(execution.clientOrderId);
    const clientOrderId = own ? execution.clientOrderId : externalOrderId(account, brokerOrderId);
    const algoId = own ?? EXTERNAL_ALGO;
    return { before: null, execution: { ...execution, clientOrderId }, algoId };
  });
}
