import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runReconciliation } from "../../src/platform/reconciliation.ts";
import { closedDay, dayReportId, reconcileWhenDue } from "../../src/schedule/after-hours.ts";
import { database } from "../../src/storage/database.ts";
import {
  acceptReconciliation,
  isWakeBlocked,
  reconciliation,
} from "../../src/storage/reconciliations.ts";
import { endFlow, startFlow, until, type Flow } from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const book = () => database(env.DB);
const today = () => new Date().toISOString().slice(0, 10);
let runs = 0;

const run = () => {
  runs += 1;
  return runReconciliation(env, {
    id: `paper-run-${runs}`,
    account: "paper",
    day: today(),
    startedBy: "a test",
  });
};

/** A trade that is in the ledger, in the tradebook and at the broker. */
async function traded(): Promise<string> {
  const { clientOrderId } = await flow.place();
  await until(async () => (await flow.order(clientOrderId)).state === "filled");
  await until(async () => {
    await flow.ledger.ensure();
    return (await flow.ledger.status()).outbox === 0;
  });
  return clientOrderId;
}

const executions = async () =>
  (await env.DB.prepare("SELECT execution_id, algo_id, price FROM executions").all()).results;

const audits = async () =>
  (
    await env.DB.prepare(
      `SELECT "by", subject FROM audit_log WHERE action = 'execution_repair'`,
    ).all()
  ).results;

describe("the day's reconciliation", () => {
  test("is clean when all three sides agree, and names what they agree on", async () => {
    await traded();
    const record = await run();
    expect(record).toMatchObject({ status: "clean", differences: 0, unresolved: 0 });
    expect(record.report).toMatchObject({
      failure: null,
      executions: { ours: 1, theirs: 1 },
      positions: [{ instrument: "NSE:INFY", ours: "10", brokerPosition: "10" }],
    });
    expect(await isWakeBlocked(book())).toBe(false);
  });

  test("a row that the tradebook lost is written again, under its algo, with an audit row", async () => {
    await traded();
    const before = await executions();
    await env.DB.prepare("DELETE FROM executions").run();
    expect(await run()).toMatchObject({ status: "repaired", differences: 1 });
    expect(await executions()).toEqual(before);
    expect(await audits()).toMatchObject([{ by: "reconciliation" }]);
    expect(await run()).toMatchObject({ status: "clean" });
    expect(await audits()).toHaveLength(1);
  });

  test("a row that says another price is put right by the broker's word", async () => {
    await traded();
    const before = await executions();
    await env.DB.prepare("UPDATE executions SET price = '1'").run();
    expect(await run()).toMatchObject({ status: "repaired" });
    expect(await executions()).toEqual(before);
  });

  test("a row that only we have blocks the next wake until a person accepts it", async () => {
    await traded();
    await env.DB.prepare(
      `INSERT INTO executions SELECT account, 'E999', client_order_id, broker_order_id, algo_id,
       instrument, side, quantity, price, fee, fee_currency, executed_at, ledger_version FROM executions`,
    ).run();
    const { id, status } = await run();
    expect(status).toBe("unresolved");
    expect(await isWakeBlocked(book())).toBe(true);
    expect(await acceptReconciliation(book(), id, "ann", "looked at it", 5)).toBe(true);
    expect(await acceptReconciliation(book(), id, "bob", "late", 6)).toBe(false);
    expect(await isWakeBlocked(book())).toBe(false);
    expect(await reconciliation(book(), id)).toMatchObject({
      status: "accepted",
      acceptedBy: "ann",
      acceptedReason: "looked at it",
    });
    const told = await env.DB.prepare("SELECT id FROM incidents").all();
    expect(told.results).toEqual([{ id: `reconciliation-${id}` }]);
  });

  test("lesson 38: a broker that cannot be asked gives a report that says so, and changes nothing", async () => {
    await traded();
    await env.DB.prepare("DELETE FROM executions").run();
    await flow.fault("fail_look_up", { count: 100 });
    const record = await run();
    expect(record).toMatchObject({ status: "failed", differences: 0 });
    expect(record.report.failure).toMatch(/network/);
    expect(await executions()).toEqual([]);
    await flow.fault("fail_look_up", { count: 0 });
    expect(await run()).toMatchObject({ status: "repaired" });
  });
});

describe("after hours", () => {
  const LATE = Date.parse("2030-05-06T03:00:00Z");

  test("the day that ended is reconciled once, however often the minute comes", async () => {
    const id = dayReportId("paper", "2030-05-05");
    await reconcileWhenDue(env, "paper", LATE);
    const first = await reconciliation(book(), id);
    expect(first).toMatchObject({ day: "2030-05-05", startedBy: "after_hours", status: "clean" });
    await reconcileWhenDue(env, "paper", LATE + 60_000);
    expect(await reconciliation(book(), id)).toEqual(first);
  });

  test("a run that failed blocks the wake, and is made up for", async () => {
    const now = Date.now();
    await flow.fault("fail_look_up", { count: 100 });
    await reconcileWhenDue(env, "paper", now);
    expect(await isWakeBlocked(book())).toBe(true);
    await flow.fault("fail_look_up", { count: 0 });
    await reconcileWhenDue(env, "paper", now + 60_000);
    expect(await isWakeBlocked(book())).toBe(true);
    await reconcileWhenDue(env, "paper", now + 3_600_000);
    expect(await isWakeBlocked(book())).toBe(false);
  });

  test.each([
    ["2030-05-06T00:09:59Z", "2030-05-04"],
    ["2030-05-06T00:10:00Z", "2030-05-05"],
  ])("at %s the latest closed day is %s", (now, day) => {
    expect(closedDay(Date.parse(now))).toBe(day);
  });
});
