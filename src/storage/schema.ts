/**
 * The tables of the tradebook in D1, and the source of `migrations/` (`npm run db:generate`). The ledger
 * is the truth; what its outbox writes here is the query model. Decimals are TEXT: SQLite's REAL would
 * lose digits. Times are ms since 1970. Columns named `ledger_version` guard a row against older writes.
 */
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { KeyScope } from "../contract/operations.ts";
import type { ReconciliationReport, ReconciliationStatus } from "../contract/reconciliation.ts";
import type { DeadLetterLabel, OrderState, OrderType, Side, TimeInForce } from "../domain/order.ts";
import type { Refusal } from "../domain/risk/refusal.ts";

export { eventMoves, eventParts, orderEvents } from "./event-schema.ts";
export { movedIds, rowMoves, rowParts } from "./moved-schema.ts";

export const orders = sqliteTable(
  "orders",
  {
    clientOrderId: text("client_order_id").primaryKey(),
    algoId: text("algo_id").notNull(),
    account: text("account").notNull(),
    instrument: text("instrument").notNull(),
    side: text("side").$type<Side>().notNull(),
    type: text("type").$type<OrderType>().notNull(),
    quantity: text("quantity").notNull(),
    limitPrice: text("limit_price"),
    stopPrice: text("stop_price"),
    timeInForce: text("time_in_force").$type<TimeInForce>().notNull(),
    protectiveStop: text("protective_stop"),
    reduceOnly: integer("reduce_only", { mode: "boolean" }).notNull(),
    state: text("state").$type<OrderState>().notNull(),
    filledQuantity: text("filled_quantity").notNull(),
    averagePrice: text("average_price"),
    brokerOrderId: text("broker_order_id"),
    refusal: text("refusal", { mode: "json" }).$type<Refusal | null>(),
    reason: text("reason"),
    /** The ledger version that approved or denied the order; `ledgerVersion` is that of this row. */
    approvedVersion: integer("approved_version").notNull(),
    epoch: integer("epoch").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    ledgerVersion: integer("ledger_version").notNull(),
  },
  (table) => [
    index("orders_created").on(table.createdAt, table.clientOrderId),
    index("orders_algo").on(table.algoId, table.createdAt),
  ],
);

export const executions = sqliteTable(
  "executions",
  {
    account: text("account").notNull(),
    executionId: text("execution_id").notNull(),
    clientOrderId: text("client_order_id").notNull(),
    brokerOrderId: text("broker_order_id").notNull(),
    algoId: text("algo_id").notNull(),
    instrument: text("instrument").notNull(),
    side: text("side").$type<Side>().notNull(),
    quantity: text("quantity").notNull(),
    price: text("price").notNull(),
    fee: text("fee").notNull(),
    feeCurrency: text("fee_currency").notNull(),
    executedAt: integer("executed_at").notNull(),
    ledgerVersion: integer("ledger_version").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.account, table.executionId] }),
    index("executions_time").on(table.executedAt, table.account, table.executionId),
    index("executions_algo").on(table.algoId, table.executedAt),
    index("executions_order").on(table.clientOrderId),
  ],
);

export const positionsByDay = sqliteTable(
  "positions_by_day",
  {
    day: text("day").notNull(),
    algoId: text("algo_id").notNull(),
    instrument: text("instrument").notNull(),
    account: text("account").notNull(),
    quantity: text("quantity").notNull(),
    averagePrice: text("average_price"),
    realisedProfit: text("realised_profit").notNull(),
    ledgerVersion: integer("ledger_version").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.algoId, table.instrument, table.account] })],
);

export const riskByDay = sqliteTable(
  "risk_by_day",
  {
    day: text("day").notNull(),
    algoId: text("algo_id").notNull(),
    instrument: text("instrument").notNull(),
    moneyAtRiskMax: text("money_at_risk_max").notNull(),
    notionalMax: text("notional_max").notNull(),
    realisedProfit: text("realised_profit").notNull(),
    ledgerVersion: integer("ledger_version").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.algoId, table.instrument] })],
);

export const deadLetters = sqliteTable(
  "dead_letters",
  {
    clientOrderId: text("client_order_id").primaryKey(),
    algoId: text("algo_id").notNull(),
    instrument: text("instrument").notNull(),
    label: text("label").$type<DeadLetterLabel>().notNull(),
    reason: text("reason").notNull(),
    attempts: integer("attempts").notNull(),
    intent: text("intent", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    status: text("status").$type<"open" | "closed">().notNull(),
    createdAt: integer("created_at").notNull(),
    ledgerVersion: integer("ledger_version").notNull(),
  },
  (table) => [index("dead_letters_created").on(table.createdAt, table.clientOrderId)],
);

/**
 * What people are told of an open dead letter. `dead_letters` is the ledger's word; this is the desk's
 * own memory of who took it on, and of the times it came and left.
 */
export const alerts = sqliteTable("alerts", {
  clientOrderId: text("client_order_id").primaryKey(),
  openedAt: integer("opened_at").notNull(),
  acknowledgedBy: text("acknowledged_by"),
  acknowledgedAt: integer("acknowledged_at"),
  closedAt: integer("closed_at"),
});

/** One message by one channel, with what became of it. */
export const alertSends = sqliteTable(
  "alert_sends",
  {
    /** Order, time, step and channel: the same send twice is one row. */
    id: text("id").primaryKey(),
    clientOrderId: text("client_order_id").notNull(),
    openedAt: integer("opened_at").notNull(),
    step: integer("step").notNull(),
    channel: text("channel").notNull(),
    state: text("state").$type<"pending" | "sent" | "failed">().notNull(),
    attempts: integer("attempts").notNull(),
    nextTryAt: integer("next_try_at").notNull(),
    /** Why the last attempt failed: never an address, never a secret. */
    error: text("error"),
    /** Of web push, by id: those that are still to be told where others were. Null: all. */
    devicesLeft: text("devices_left", { mode: "json" }).$type<readonly string[]>(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    // What a channel told last of each that is open is one step into this.
    index("alert_sends_channel").on(table.clientOrderId, table.openedAt, table.channel, table.step),
  ],
);

/** Where each logged decision stands in the packed logs; the logs themselves are files. */
export const decisions = sqliteTable(
  "decisions",
  {
    id: text("id").primaryKey(),
    algoId: text("algo_id").notNull(),
    instrument: text("instrument").notNull(),
    action: text("action").notNull(),
    /** `seq` of the tick that the algo saw. */
    tickSeq: integer("tick_seq").notNull(),
    decidedAt: integer("decided_at").notNull(),
    file: text("file").notNull(),
    offsetBytes: integer("offset_bytes").notNull(),
    lengthBytes: integer("length_bytes").notNull(),
  },
  (table) => [
    index("decisions_algo").on(table.algoId, table.decidedAt),
    index("decisions_instrument").on(table.instrument, table.decidedAt),
  ],
);

/** Who changed what, when and why. Rows are only ever added. */
export const auditLog = sqliteTable(
  "audit_log",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    at: integer("at").notNull(),
    by: text("by").notNull(),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    /** JSON text, "null" for nothing: never SQL null, which no unique index compares. */
    before: text("before").notNull(),
    after: text("after").notNull(),
    reason: text("reason"),
    /** Set on rows of the ledger's outbox, null on the API's own. */
    ledgerVersion: integer("ledger_version"),
  },
  (table) => [
    // Makes the outbox's rows idempotent: a version changes one subject to one value once.
    uniqueIndex("audit_log_once").on(
      table.ledgerVersion,
      table.action,
      table.subject,
      table.before,
      table.after,
    ),
  ],
);

export const apiKeys = sqliteTable("api_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** SHA-256 of the secret part, hex. The secret itself is never stored. */
  secretSha256: text("secret_sha256").notNull(),
  scopes: text("scopes", { mode: "json" }).$type<KeyScope[]>().notNull(),
  algoId: text("algo_id"),
  createdBy: text("created_by").notNull(),
  createdAt: integer("created_at").notNull(),
  revokedAt: integer("revoked_at"),
});

export const settings = sqliteTable("settings", {
  name: text("name").primaryKey(),
  value: text("value", { mode: "json" }).$type<unknown>().notNull(),
  changedBy: text("changed_by").notNull(),
  changedAt: integer("changed_at").notNull(),
});

export const watchlist = sqliteTable("watchlist", {
  instrument: text("instrument").primaryKey(),
  weight: real("weight").notNull(),
  /** Place in the operator's own order. */
  place: integer("place").notNull(),
});

/** One comparison of our tradebook, the broker's, and the broker's positions and funds. */
export const reconciliations = sqliteTable(
  "reconciliations",
  {
    id: text("id").primaryKey(),
    account: text("account").notNull(),
    /** The trading day that it closes. */
    day: text("day").notNull(),
    /** `after_hours`, or the person who asked for it. */
    startedBy: text("started_by").notNull(),
    startedAt: integer("started_at").notNull(),
    finishedAt: integer("finished_at").notNull(),
    status: text("status").$type<ReconciliationStatus>().notNull(),
    differences: integer("differences").notNull(),
    unresolved: integer("unresolved").notNull(),
    report: text("report", { mode: "json" }).$type<ReconciliationReport>().notNull(),
    acceptedBy: text("accepted_by"),
    acceptedAt: integer("accepted_at"),
    acceptedReason: text("accepted_reason"),
  },
  (table) => [
    index("reconciliations_started").on(table.startedAt, table.id),
    index("reconciliations_day").on(table.account, table.day),
  ],
);

/** What people have to hear of besides dead letters, until somebody takes it on. */
export const incidents = sqliteTable(
  "incidents",
  {
    /** From what it is about: the same incident twice is one row. */
    id: text("id").primaryKey(),
    at: integer("at").notNull(),
    account: text("account").notNull(),
    title: text("title").notNull(),
    message: text("message").notNull(),
    severity: text("severity").$type<"critical" | "serious">().notNull().default("serious"),
    acknowledgedBy: text("acknowledged_by"),
    acknowledgedAt: integer("acknowledged_at"),
  },
  (table) => [
    index("incidents_at").on(table.at, table.id),
    index("incidents_open").on(table.acknowledgedAt, table.at),
  ],
);

/** Browsers that people signed up to be told by. `id` is a hash of the endpoint. */
export const pushDevices = sqliteTable("push_devices", {
  id: text("id").primaryKey(),
  endpoint: text("endpoint").notNull(),
  p256dh: text("p256dh").notNull(),
  auth: text("auth").notNull(),
  person: text("person").notNull(),
  name: text("name").notNull(),
  createdAt: integer("created_at").notNull(),
});
