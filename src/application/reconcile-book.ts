/** What a day's reconciliation reads of our tradebook, and what it lays down there. */
import type { ReconciliationReport, ReconciliationStatus } from "../contract/reconciliation.ts";
import type { Execution, Order } from "../domain/order.ts";
import type { BookOrder, ByHand } from "../domain/reconciliation/orders.ts";

export interface TradebookExecution {
  algoId: string;
  execution: Execution;
}

export interface ReconciliationRecord {
  id: string;
  account: string;
  day: string;
  startedBy: string;
  startedAt: number;
  finishedAt: number;
  status: ReconciliationStatus;
  differences: number;
  unresolved: number;
  report: ReconciliationReport;
}

/** A repair as the tradebook takes it: the row as it becomes, and what was there before. */
export interface TradebookRepair extends TradebookExecution {
  before: Execution | null;
}

/** Rows that are to say what the broker or, of an order, what the ledger and the broker say. */
export interface TradebookRepairs {
  executions: readonly TradebookRepair[];
  orders: readonly { before: BookOrder | null; after: Order }[];
}

export interface ReconcileBook {
  /** Executions of the account from a time on, by the broker's clock. */
  executions(account: string, from: number): Promise<TradebookExecution[]>;
  /** Algos of orders, by client order id. */
  algos(clientOrderIds: readonly string[]): Promise<Map<string, string>>;
  /** Funds of the account's latest report that had any, and when they were asked for, by our clock. */
  lastFunds(account: string): Promise<{ funds: ReconciliationReport["funds"]; at: number } | null>;
  /** Whether anything was executed on the account from a time on and before another, by the broker's clock. */
  hasTraded(account: string, from: number, before: number): Promise<boolean>;
  /** Orders of the account that are open, or under one of these ids. */
  orders(account: string, clientOrderIds: readonly string[]): Promise<BookOrder[]>;
  /** What people executed of the account's orders, of all days: an order may turn up at the broker long after. */
  byHand(account: string): Promise<ByHand[]>;
  ordersOfBroker(account: string, brokerOrderIds: readonly string[]): Promise<BookOrder[]>;
  /**
   * The report, its repairs and an audit row for each, all or nothing; the same again changes nothing. False,
   * with nothing written, where a row to be repaired is of a later version of the ledger than `version`.
   */
  save(record: ReconciliationRecord, repairs: TradebookRepairs, version: number): Promise<boolean>;
}
