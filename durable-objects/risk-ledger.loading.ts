/** Reads out of the ledger's SQLite everything that its memory is built from. */
import { ORDER_RATE_WINDOW_MS } from "../src/domain/risk/order-rate.ts";
import type { LimitName } from "../src/domain/risk/limit-names.ts";
import type { Limit } from "../src/domain/risk/limits.ts";
import {
  unpackBalances,
  unpackDay,
  unpackHolding,
  unpackOrder,
} from "../src/domain/risk/packing.ts";
import type { StoredLedger } from "../src/domain/risk/restore.ts";
import type { TradingStateRecord } from "../src/domain/risk/state.ts";
import type { Mark } from "../src/domain/tick.ts";
import type { SettingName } from "./risk-ledger.schema.ts";

/** Orders looked back at for the order rate: more than any second can hold. */
const RECENT_ORDERS = 5_000;

export function readLedger(
  sql: SqlStorage,
  setting: (name: SettingName) => string | null,
  now: number,
): StoredLedger {
  const version = "SELECT COALESCE(MAX(version), 0) AS value FROM events";
  const open = "SELECT body FROM orders WHERE hot = 1 ORDER BY version";
  const states = bodies(sql, "SELECT body FROM trading_states");
  const days = pairs(sql, "SELECT scope AS name, body FROM days");
  const balances = pairs(sql, "SELECT account AS name, body FROM balances");
  return {
    version: sql.exec<{ value: number }>(version).one().value,
    epoch: Number(setting("epoch") ?? 1),
    day: setting("day"),
    orders: bodies(sql, open).map(unpackOrder),
    holdings: bodies(sql, "SELECT body FROM holdings").map(unpackHolding),
    days: days.map(([scope, body]) => [scope, unpackDay(body)]),
    counts: ordersOfDay(sql, Number(setting("day_first_version") ?? 0)),
    recent: recentOrders(sql, now),
    marks: JSON.parse(setting("marks") ?? "[]") as Mark[],
    balances: balances.map(([account, body]) => [account, unpackBalances(body)]),
    tradingStates: states.map((body) => JSON.parse(body) as TradingStateRecord),
    limits: storedLimits(sql),
    controls: setting("controls"),
  };
}

/** New orders since a version, by algo and instrument. Denied and adopted ones were never sent by us. */
const ordersOfDay = (sql: SqlStorage, since: number): StoredLedger["counts"] =>
  sql
    .exec<{ algoId: string; instrument: string; account: string; orders: number }>(
      `SELECT algo_id AS algoId, instrument, body ->> '$.order.account' AS account,
         COUNT(*) AS orders FROM orders
       WHERE version > ? AND state <> 'denied' AND algo_id <> 'external'
       GROUP BY algo_id, instrument, account`,
      since,
    )
    .toArray();

const recentOrders = (sql: SqlStorage, now: number): StoredLedger["recent"] =>
  sql
    .exec<{ algoId: string; instrument: string; account: string; at: number }>(
      `SELECT algo_id AS algoId, instrument, body ->> '$.order.account' AS account,
         created_at AS at FROM (
         SELECT * FROM orders WHERE state <> 'denied' AND algo_id <> 'external'
         ORDER BY version DESC LIMIT ?
       ) WHERE created_at > ? ORDER BY version`,
      RECENT_ORDERS,
      now - ORDER_RATE_WINDOW_MS,
    )
    .toArray();

const storedLimits = (sql: SqlStorage): Limit[] =>
  sql
    .exec<{ scope: string; name: string; value: string; by: string; at: number }>(
      "SELECT scope, name, value, changed_by AS by, changed_at AS at FROM limits",
    )
    .toArray()
    .map(({ scope, name, value, by, at }) => ({
      scope,
      name: name as LimitName,
      value,
      changedBy: by,
      changedAt: at,
    }));

const bodies = (sql: SqlStorage, query: string): string[] =>
  sql
    .exec<{ body: string }>(query)
    .toArray()
    .map(({ body }) => body);

const pairs = (sql: SqlStorage, query: string): [string, string][] =>
  sql
    .exec<{ name: string; body: string }>(query)
    .toArray()
    .map(({ name, body }) => [name, body]);
