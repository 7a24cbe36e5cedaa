import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tradingDay } from "../../src/domain/risk/state.ts";
import { runReconciliation } from "../../src/platform/reconciliation.ts";
import { database } from "../../src/storage/database.ts";
import {
  acceptReconciliation,
  isWakeBlocked,
  reconcileBook,
  reconciliation,
} from "../../src/storage/reconciliations.ts";
import { endFlow, RESTING, startFlow, until, type Flow } from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const book = () => database(env.DB);
const today = () => new Date().toISOString().slice(0, 10);
let runs = 0;

const run = (day = today()) => {
  runs += 1;
  const id = `paper-run-${runs}`;
  return runReconciliation(env, { id, account: "paper", day, startedBy: "a test" });
};

/** A trade that is in the ledger, in the tradebook and at the broker. */
async function traded(): Promise<string> {
  const { clientOrderId } = await flow.place();
  await until(async () => (await flow.order(clientOrderId)).state === "filled");
  await settledTradebook();
  return clientOrderId;
}

const settledTradebook = () =>
  until(async () => {
    await flow.ledger.ensure();
    return (await flow.ledger.status()).outbox === 0;
  });

const executions = async () =>
  (await env.DB.prepare("SELECT execution_id, algo_id, price FROM executions").all()).results;

const audits = async () =>
  (
    await env.DB.prepare(
      `SELECT "by", subject FROM audit_log WHERE action = 'execution_repair'`,
    ).all()
  ).results;

/** A row of the tradebook says what nobody else does. */
const falsified = (set: string, id: string) =>
  env.DB.prepare(`UPDATE orders SET ${set} WHERE client_order_id = ?`).bind(id).run();

const orderRow = (id: string) =>
  env.DB.prepare("SELECT state, filled_quantity FROM orders WHERE client_order_id = ?")
    .bind(id)
    .first();

const incidentRows = async () =>
  (await env.DB.prepare("SELECT id, acknowledged_by FROM incidents").all()).results;

const orderAudits = async () =>
  (
    await env.DB.prepare(
      `SELECT "by", subject, before FROM audit_log WHERE action = 'order_repair'`,
    ).all()
  ).results;

/** An order that rests, here and there and in the tradebook. */
async function resting(): Promise<string> {
  const { clientOrderId } = await flow.place(RESTING);
  await settledTradebook();
  return clientOrderId;
}

/** The only order with its only execution. */
const onlyRows = () =>
  env.DB.prepare(
    `SELECT orders.quantity, executions.price,
       min(orders.ledger_version, executions.ledger_version) AS oldest,
       max(orders.ledger_version, executions.ledger_version) AS newest
     FROM orders, executions`,
  ).first<{ quantity: string; price: string; oldest: number; newest: number }>();

describe("the day's orders", () => {
  test("that stand in both books are listed, and keep nothing from being clean", async () => {
    const id = await resting();
    const record = await run();
    expect(record).toMatchObject({ status: "clean", differences: 1, unresolved: 0 });
    expect(record.report).toMatchObject({
      openOrders: { ours: 1, theirs: 1 },
      differences: [{ kind: "order_left_open", subject: id, outcome: "noted", ours: "0 of 10" }],
    });
  });

  test.each(["state = 'canceled'", "filled_quantity = '3'", "quantity = '11'"])(
    "a row that says %s is put right, with an audit row, once",
    async (set) => {
      const id = await resting();
      const before = await orderRow(id);
      await falsified(set, id);
      expect(await run()).toMatchObject({ status: "repaired", unresolved: 0 });
      expect(await orderRow(id)).toEqual(before);
      expect(await orderAudits()).toMatchObject([{ by: "reconciliation", subject: `paper/${id}` }]);
      expect(await run()).toMatchObject({ status: "clean" });
      expect(await orderAudits()).toHaveLength(1);
    },
  );

  test("no repair overwrites what the ledger wrote since the books were read", async () => {
    const id = await traded();
    const record = await run();
    const order = await flow.order(id);
    const [known] = await reconcileBook(book(), env.ARCHIVE).executions("paper", 0);
    if (!known) throw new Error("no execution");
    const repairs = {
      executions: [{ ...known, execution: { ...known.execution, price: "7" }, before: null }],
      orders: [{ before: null, after: { ...order, quantity: "11" } }],
    };
    const before = await onlyRows();
    if (!before) throw new Error("no rows");
    const told = { ...record, id: "told-of-it", status: "repaired" as const };
    // Each of the two rows alone keeps all of it: the report would tell of what was not written.
    for (const some of [{ executions: [] }, { orders: [] }].map((one) => ({ ...repairs, ...one })))
      expect(await reconcileBook(book(), env.ARCHIVE).save(told, some, before.oldest - 1)).toBe(
        false,
      );
    expect(await onlyRows()).toEqual(before);
    expect([await reconciliation(book(), told.id), await audits()]).toEqual([null, []]);
    expect(await orderAudits()).toEqual([]);
    expect(await reconcileBook(book(), env.ARCHIVE).save(told, repairs, before.newest)).toBe(true);
    expect(await onlyRows()).toMatchObject({ quantity: "11", price: "7" });
    expect(await reconciliation(book(), told.id)).toMatchObject({ status: "repaired" });
    expect([(await audits()).length, (await orderAudits()).length]).toEqual([1, 1]);
  });

  test("a row that the tradebook lost is written again", async () => {
    const id = await resting();
    const before = await orderRow(id);
    await env.DB.prepare("DELETE FROM orders").run();
    expect(await run()).toMatchObject({ status: "repaired", unresolved: 0 });
    expect(await orderRow(id)).toEqual(before);
  });

  test("a row that is open long after its order ended is ended", async () => {
    const id = await resting();
    await flow.ledger.requestCancel(id, "a test");
    await flow.gateway.cancel(id);
    await until(async () => (await flow.order(id)).state === "canceled");
    await settledTradebook();
    await falsified("state = 'new', updated_at = 0", id);
    expect(await run()).toMatchObject({ status: "repaired", unresolved: 0 });
    expect(await orderRow(id)).toMatchObject({ state: "canceled" });
  });

  test("an order that we ended and the broker still has open is a person's, and blocks the next wake", async () => {
    const id = await resting();
    // As if the broker had told of an end that was none.
    const event = { kind: "canceled", reason: "a test" } as const;
    await flow.ledger.post([{ eventId: "false-end", clientOrderId: id, event, at: Date.now() }]);
    await settledTradebook();
    const record = await run();
    expect(record).toMatchObject({ status: "unresolved", unresolved: 1 });
    expect(record.report.differences).toMatchObject([
      { kind: "state_differs", subject: id, ours: "canceled", theirs: "new" },
    ]);
    expect((await flow.order(id)).state).toBe("canceled");
    expect(await orderAudits()).toEqual([]);
    expect(await isWakeBlocked(book())).toBe(true);
  });

  test("an order placed past the platform is adopted first, and stands in both books", async () => {
    await flow.paper.control("/hand-orders", {
      instrument: "NSE:INFY",
      side: "buy",
      quantity: "2",
      limitPrice: "1430",
    });
    await until(async () => {
      const { items } = await flow.ledger.orders({ limit: 10 });
      return items.some(({ algoId }) => algoId === "external");
    });
    await settledTradebook();
    const record = await run();
    expect(record).toMatchObject({ status: "clean" });
    expect(record.report.differences).toMatchObject([
      { kind: "order_left_open", subject: expect.stringMatching(/^external-/) },
    ]);
  });
});

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
    expect(await incidentRows()).toEqual([{ id: `reconciliation-${id}`, acknowledged_by: "ann" }]);
  });

  test("people are told by the very write that lays an unresolved report down, once, and of none that was accepted meanwhile", async () => {
    const record = await run();
    expect(record.status).toBe("clean");
    expect(await incidentRows()).toEqual([]);
    const unresolved = { ...record, status: "unresolved", unresolved: 2 } as const;
    const save = () => reconcileBook(book(), env.ARCHIVE).save(unresolved, { executions: [], orders: [] }, 0);
    await save();
    await save();
    expect(await incidentRows()).toEqual([
      { id: `reconciliation-${record.id}`, acknowledged_by: null },
    ]);
    await env.DB.prepare("DELETE FROM incidents").run();
    await acceptReconciliation(book(), record.id, "ann", "looked at it", 5);
    await save();
    expect(await incidentRows()).toEqual([]);
  });

  test("a run just after midnight calls the day before's trade no movement of funds without one", async () => {
    await traded();
    expect(await run()).toMatchObject({ status: "clean" });
    // Bought at the ask and sold at the bid: the spread is gone from the funds.
    const sold = await flow.place({ type: "market", limitPrice: undefined, side: "sell" });
    await until(async () => (await flow.order(sold.clientOrderId)).state === "filled");
    await settledTradebook();
    const tomorrow = tradingDay(Date.now() + 86_400_000);
    const { status, report } = await run(tomorrow);
    expect([status, report.differences]).toEqual(["clean", []]);
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
