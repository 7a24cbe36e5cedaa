/** What the ledger's own SQLite lets go of and keeps, on the real object and a real tradebook. */
import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { anyOrder, orderHistory } from "../../src/application/explore-ledger.ts";
import type { OrderIntent } from "../../src/domain/order.ts";
import { tradingDay } from "../../src/domain/risk/state.ts";
import { orderPorts } from "../../src/platform/wiring.ts";
import { dayReportId } from "../../src/storage/day-reports.ts";
import { acceptedAs, fillOf, postOf } from "../support/ledger/samples.ts";
import { until } from "../support/until.ts";
import { delivered, ledger, page, placed, reserve, stub } from "../support/workers/ledger.ts";
import { ADMIN } from "../support/workers/orders.ts";

const DAY_MS = 86_400_000;

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await balances();
});

afterEach(() => reset());

const balances = () => {
  const rows = [{ currency: "USD", total: "1000000", available: "1000000" }];
  return ledger().recordBalances("paper", rows, Date.now());
};

const inLedger = <T>(work: (sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(stub(), (_, { storage }) => work(storage.sql));

const rowsOf = (table: string, by = "client_order_id", id = "old") =>
  inLedger((sql) => sql.exec(`SELECT * FROM ${table} WHERE ${by} = ?`, id).toArray());

const executionsIn = () =>
  inLedger((sql) =>
    sql
      .exec<{ execution_id: string; body: string }>("SELECT execution_id, body FROM executions")
      .toArray(),
  );

/** An order that was filled in part and canceled; then the ledger goes on with others. */
const lived = async (): Promise<OrderIntent> => {
  const intent = await placed({ clientOrderId: "old" });
  await ledger().post([
    postOf("old", acceptedAs("b-old"), Date.now()),
    postOf("old", fillOf(intent, "4", "99"), Date.now()),
    postOf("old", { kind: "canceled", reason: "as asked" }, Date.now()),
  ]);
  await balances();
  await placed();
  await delivered();
  return intent;
};

/** Lets ten days pass for what there is, and has the day of it compared with the broker as `status` says. */
const days = async (status = "clean"): Promise<void> => {
  const at = Date.now() - 10 * DAY_MS;
  await inLedger((sql) => {
    sql.exec("UPDATE orders SET body = json_set(body, '$.order.updatedAt', ?)", at);
    sql.exec("INSERT OR REPLACE INTO settings VALUES ('day_first_version', '1000')");
  });
  await env.DB.prepare(
    "INSERT OR REPLACE INTO reconciliations VALUES (?, 'paper', 'd', 'after_hours', 1, 1, ?, 0, 0, '{}', NULL, NULL, NULL)",
  )
    .bind(dayReportId("paper", tradingDay(at)), status)
    .run();
  await evictDurableObject(stub());
};

/** Its alarm archives a slice; here it is made to. */
const archived = () =>
  until("an archived order", async () => {
    await ledger().ensure();
    return (await rowsOf("archived_orders")).length === 1;
  });

const historyOf = async () => {
  const answer = await orderHistory(orderPorts(env), ADMIN, "old", page);
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.value;
};

test("an old order leaves the ledger but for what its id needs, and its life is told as before", async () => {
  const intent = await lived();
  const before = { history: await historyOf(), status: await ledger().status() };
  await days();
  await archived();
  expect(await rowsOf("orders")).toEqual([]);
  expect(await rowsOf("events")).toEqual([]);
  expect(await executionsIn()).toMatchObject([{ body: "" }]);
  const [kept] = await rowsOf("archived_orders");
  expect(JSON.stringify(kept).length).toBeLessThan(250);
  expect(await ledger().order("old")).toBeNull();
  expect(await historyOf()).toEqual(before.history);
  expect(await anyOrder(orderPorts(env), "old")).toMatchObject({ state: "canceled" });
  expect(await ledger().endedOf(["old"])).toEqual(["old"]);
  await evictDurableObject(stub());
  expect((await ledger().status()).version).toBeGreaterThanOrEqual(before.status.version);
  expect(await reserve(intent)).toMatchObject({ kind: "existing", order: { state: "canceled" } });
  const other = await reserve({ ...intent, quantity: "11" });
  expect(other).toMatchObject({ kind: "denied", refusal: { code: "DUPLICATE_INTENT" } });
});

test.each(["unresolved", "failed"])("of a day whose report is %s nothing goes", async (status) => {
  await lived();
  await days(status);
  await ledger().ensure();
  expect(await rowsOf("archived_orders")).toEqual([]);
  expect(await rowsOf("orders")).toHaveLength(1);
});

test("of a day without a report nothing goes", async () => {
  await lived();
  await days();
  await env.DB.prepare("DELETE FROM reconciliations").run();
  await ledger().ensure();
  expect(await rowsOf("orders")).toHaveLength(1);
});

test("nothing goes of which the tradebook lacks an event", async () => {
  await lived();
  await days();
  await env.DB.exec("ALTER TABLE order_events RENAME TO events_away");
  await inLedger((sql) =>
    sql.exec("UPDATE settings SET value = '2' WHERE name = 'events_written'"),
  );
  await evictDurableObject(stub());
  await ledger().ensure();
  expect(await rowsOf("orders")).toHaveLength(1);
});

test("a late fill brings the order back with all its events, and is booked on it", async () => {
  const intent = await lived();
  const before = await rowsOf("events");
  await days();
  await archived();
  const late = postOf("old", fillOf(intent, "1", "98"), Date.now());
  const [order] = await ledger().post([late, late]);
  expect(order).toMatchObject({ algoId: intent.algoId, filledQuantity: "5", state: "canceled" });
  expect(await rowsOf("archived_orders")).toEqual([]);
  const events = await rowsOf("events");
  expect(events.slice(0, -1)).toEqual(before);
  expect(events).toHaveLength(before.length + 1);
  expect(await executionsIn()).toHaveLength(2);
  await evictDurableObject(stub());
  expect(await ledger().order("old")).toMatchObject({ filledQuantity: "5" });
  const [position] = await ledger().positions();
  expect(position?.quantity).toBe("5");
});

test("a fill that was booked before its order was archived is not booked again", async () => {
  const intent = await lived();
  await days();
  const [{ execution_id: executionId } = { execution_id: "" }] = await executionsIn();
  await archived();
  const again = fillOf(intent, "4", "99", { executionId });
  await ledger().post([postOf("old", again, Date.now())]);
  expect((await ledger().positions())[0]?.quantity).toBe("4");
});

test("whoever missed events from before what was let go of is told that not all can be told", async () => {
  await lived();
  const { version } = await ledger().status();
  await days();
  await archived();
  expect((await ledger().follow("m", { since: 1, algoId: null })).complete).toBe(false);
  expect((await ledger().follow("m", { since: version - 1, algoId: null })).complete).toBe(true);
});
