/** Orders that ended long ago, the minute's cron that moves their events, and what is left of them in D1. */
import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { orderHistory } from "../../../src/application/explore-ledger.ts";
import type { PageQuery } from "../../../src/contract/primitives.ts";
import { EVENTS_KEPT_MS } from "../../../src/domain/archive-limits.ts";
import type { OrderIntent } from "../../../src/domain/order.ts";
import { closedDay } from "../../../src/domain/reconciliation/due-day.ts";
import { tradingDay } from "../../../src/domain/risk/state.ts";
import { orderPorts } from "../../../src/platform/wiring.ts";
import { moveEventsWhenDue } from "../../../src/schedule/old-rows.ts";
import { dayReportId } from "../../../src/storage/day-reports.ts";
import { acceptedAs, fillOf, postOf } from "../ledger/samples.ts";
import { until } from "../until.ts";
import { delivered, ledger, page, placed, stub } from "./ledger.ts";
import { ADMIN } from "./orders.ts";

export const DAY_MS = 86_400_000;
export const OLD_MS = EVENTS_KEPT_MS + DAY_MS;

/** Before and after each test. */
export const filled = async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await balances();
};

export const emptied = async () => {
  // What is evicted when all is deleted would be there again in the next test.
  await ledger().status();
  await reset();
};

const balances = () => {
  const rows = [{ currency: "USD", total: "1000000", available: "1000000" }];
  return ledger().recordBalances("paper", rows, Date.now());
};

export const rowsOf = async (table: string) =>
  (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;

/** An order that was filled in part and canceled, delivered to the tradebook. */
export const lived = async (id: string): Promise<OrderIntent> => {
  const intent = await placed({ clientOrderId: id });
  await ledger().post([
    postOf(id, acceptedAs(`b-${id}`), Date.now()),
    postOf(id, fillOf(intent, "4", "99", { executionId: `x-${id}` }), Date.now()),
    postOf(id, { kind: "canceled", reason: "as asked" }, Date.now()),
  ]);
  // The ledger goes on with another: it keeps the newest event there is.
  await balances();
  await placed();
  await delivered();
  return intent;
};

const IN_D1 = "SELECT * FROM order_events WHERE client_order_id IN ('a', 'b') ORDER BY version";

/** What D1 has of the orders that these tests are about. */
export const inD1 = async () => (await env.DB.prepare(IN_D1).all()).results;

/** As if the order had come and ended so long ago, and the ledger had archived it and all others. */
export const aged = async (ms = OLD_MS) => {
  const at = Date.now() - ms;
  await runInDurableObject(stub(), (_, { storage }) => {
    storage.sql.exec("UPDATE orders SET body = json_set(body, '$.order.updatedAt', ?)", at);
    storage.sql.exec("INSERT OR REPLACE INTO settings VALUES ('day_first_version', '1000')");
  });
  await env.DB.prepare("UPDATE orders SET created_at = created_at - ?1, updated_at = ?2")
    .bind(ms, at)
    .run();
  await report(tradingDay(at));
  await evictDurableObject(stub());
};

export const report = (day: string, status = "clean") =>
  env.DB.prepare(
    "INSERT OR REPLACE INTO reconciliations VALUES (?1, 'paper', ?2, 'after_hours', 1, 1, ?3, 0, 0, '{}', NULL, NULL, NULL)",
  )
    .bind(dayReportId("paper", day), day, status)
    .run();

/** The minute's cron, so many days from now, after the day before was compared. */
export const minute = async (days = 0) => {
  const now = Date.now() + days * DAY_MS;
  await report(closedDay(now));
  await moveEventsWhenDue(env, ["paper"], now);
};

export const archivedByLedger = (id: string) =>
  until("an archived order", async () => {
    await ledger().ensure();
    return (await ledger().order(id)) === null;
  });

export const historyOf = async (id: string, query: PageQuery = page) => {
  const answer = await orderHistory(orderPorts(env), ADMIN, id, query);
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.value;
};
