import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LedgerNotice, TradebookRow } from "../../src/application/ports.ts";
import { NOTICES_WAITING_MAX } from "../../src/domain/limits.ts";
import { Notices } from "../../durable-objects/risk-ledger.notices.ts";
import { Outbox } from "../../durable-objects/risk-ledger.outbox.ts";
import { LedgerStorage } from "../../durable-objects/risk-ledger.storage.ts";
import {
  acceptedAs,
  factsWith,
  fillOf,
  INSTRUMENT,
  intentWith,
  markOf,
  postOf,
} from "../support/ledger/samples.ts";
import { adopted } from "../support/ledger/placed-past.ts";
import { until } from "../support/until.ts";

import {
  connect,
  delivered,
  ledger,
  letters,
  page,
  placed,
  reserve,
  rows,
  stub,
} from "../support/workers/ledger.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(async () => {
  vi.useRealTimers();
  await reset();
});

const notice = (version: number): LedgerNotice => ({ version, order: null, risk: null });

describe("the outbox", () => {
  test("brings orders and executions to the tradebook", async () => {
    const intent = await placed();
    await ledger().post([postOf(intent.clientOrderId, fillOf(intent, "10", "100"), Date.now())]);
    await delivered();
    expect((await rows()).orders).toMatchObject([{ state: "filled", filled_quantity: "10" }]);
    expect((await rows()).executions).toHaveLength(1);
  });

  test("keeps everything while the tradebook fails, shows it, and delivers once it works", async () => {
    const written: TradebookRow[] = [];
    let works = false;
    const answer = await runInDurableObject(stub(), async (_, state) => {
      const storage = new LedgerStorage(state.storage);
      const outbox = new Outbox(state.storage, {
        async write(batch) {
          if (!works) throw new Error("D1 is down");
          written.push(...batch.map(({ row }) => row));
        },
      });
      const entry = storage.order("nobody");
      for (let version = 1; version <= 250; version += 1)
        outbox.add(version, {
          kind: "audit",
          by: "test",
          action: `a-${version}`,
          subject: "s",
          before: null,
          after: null,
          reason: null,
          at: 1,
        });
      const failed = await outbox.flush();
      const waiting = outbox.size;
      works = true;
      const done = await Promise.all([outbox.flush(), outbox.flush()]);
      return { entry, failed, waiting, done, left: outbox.size };
    });
    expect(answer).toEqual({
      entry: null,
      failed: false,
      waiting: 250,
      done: [true, true],
      left: 0,
    });
    const actions = written.map((row) => (row.kind === "audit" ? row.action : row.kind));
    expect(actions).toEqual(Array.from({ length: 250 }, (_, index) => `a-${index + 1}`));
  });

  test("D1 being down delays the tradebook, and the alarm brings it up to date", async () => {
    await env.DB.exec("ALTER TABLE orders RENAME TO orders_away");
    const intent = await placed();
    await until("a row waits", async () => (await ledger().status()).outbox === 1);
    await evictDurableObject(stub());
    await env.DB.exec("ALTER TABLE orders_away RENAME TO orders");
    await ledger().ensure();
    expect((await ledger().status()).outbox).toBe(0);
    const found = await env.DB.prepare("SELECT client_order_id FROM orders").all();
    expect(found.results).toEqual([{ client_order_id: intent.clientOrderId }]);
  });
});

describe("the desk", () => {
  test("gets a dead letter once, and it is closed when the order is found after all", async () => {
    const intent = await placed();
    const id = intent.clientOrderId;
    await ledger().post([postOf(id, { kind: "outcome_unknown", reason: "timeout" }, Date.now())]);
    const letter = { kind: "dead_lettered", label: "unknown", reason: "not found" } as const;
    await ledger().post([postOf(id, letter, Date.now())]);
    await ledger().post([postOf(id, letter, Date.now())]);
    expect(await ledger().order(id)).toMatchObject({ state: "dead_lettered" });
    expect((await ledger().status()).moneyAtRisk).toBe("1000");
    await delivered();
    expect((await letters()).results).toEqual([{ label: "unknown", status: "open" }]);
    await ledger().post([postOf(id, acceptedAs("b-1"), Date.now())]);
    await delivered();
    expect((await letters()).results).toEqual([{ label: "unknown", status: "closed" }]);
  });
});

describe("notices", () => {
  test("tell a follower every event in order of versions, and no one who left", async () => {
    const told: LedgerNotice[] = [];
    const notices = new Notices(async (_, batch) => void told.push(...batch));
    notices.add(["m1"], [notice(1), notice(2)]);
    const sending = notices.send();
    notices.add(["m1"], [notice(3)]);
    await Promise.all([sending, notices.send()]);
    expect(told.map(({ version }) => version)).toEqual([1, 2, 3]);
    notices.add(["m1"], [notice(4)]);
    notices.drop("m1");
    await notices.send();
    expect(told).toHaveLength(3);
  });

  test("that a market did not take come again, in order, and never beyond their bound", async () => {
    const told: number[] = [];
    let works = false;
    const notices = new Notices(async (_, batch) => {
      if (!works) throw new Error("the market is away");
      told.push(...batch.map(({ version }) => version));
    });
    for (let version = 1; version <= NOTICES_WAITING_MAX + 5; version += 1) {
      notices.add(["m1"], [notice(version)]);
      if (version % 100 === 0) await notices.send();
    }
    works = true;
    await notices.send();
    expect(told).toHaveLength(NOTICES_WAITING_MAX);
    expect(told[0]).toBe(6);
    expect(told.at(-1)).toBe(NOTICES_WAITING_MAX + 5);
  });

  test("that were missed tell of an adopted order as the ledger has it", async () => {
    await ledger().control({ kind: "take_lease", region: "standby", reason: "a test" }, "person:a");
    const { version: since } = await ledger().follow("m1");
    await ledger().post([postOf("external-X1", adopted(), Date.now())]);
    const { notices } = await ledger().follow("m1", { since, algoId: null });
    const order = await ledger().order("external-X1");
    expect(order?.epoch).toBe(2);
    expect(notices.map((missed) => missed.order)).toEqual([order]);
  });

  test("start after the version that following answers, also after an eviction", async () => {
    const { version } = await ledger().follow("m1");
    expect(version).toBe((await ledger().status()).version);
    await evictDurableObject(stub());
    const followers = await runInDurableObject(stub(), (_, state) =>
      new LedgerStorage(state.storage).followers(),
    );
    expect(followers).toEqual(["m1"]);
    await ledger().unfollow("m1");
    const left = await runInDurableObject(stub(), (_, state) =>
      new LedgerStorage(state.storage).followers(),
    );
    expect(left).toEqual([]);
  });
});

describe("marks", () => {
  test("of the feed value the positions, and a malformed one takes no other with it", async () => {
    const intent = await placed();
    await ledger().post([postOf(intent.clientOrderId, fillOf(intent, "10", "100"), Date.now())]);
    const socket = await connect();
    socket.send("not json");
    const good = markOf(Date.now() + 1, 90);
    socket.send(JSON.stringify({ marks: [{ instrument: "?" }, good] }));
    await until("the mark", async () => (await ledger().positions())[0]?.markPrice === "90");
    expect(await ledger().positions()).toMatchObject([{ unrealisedProfit: "-100" }]);
    expect(await ledger().status()).toMatchObject({ dayProfit: "-100", drawdown: "100" });
    await evictDurableObject(stub());
    expect(await ledger().status()).toMatchObject({ dayProfit: "-100", drawdown: "100" });
  });

  test("a price that is none makes the value unknown and refuses entries", async () => {
    const intent = await placed();
    await ledger().post([postOf(intent.clientOrderId, fillOf(intent, "10", "100"), Date.now())]);
    const socket = await connect();
    socket.send(JSON.stringify({ marks: [markOf(Date.now() + 1, Number.NaN)] }));
    await until("the bad mark", async () => (await ledger().status()).equity === null);
    const answer = await ledger().reserve(intentWith(), { ...factsWith(), mark: null });
    expect(answer).toMatchObject({ kind: "denied", refusal: { code: "STALE_PRICE" } });
  });

  test("nothing but the marks socket is served", async () => {
    expect((await stub().fetch("https://object/other")).status).toBe(404);
    expect((await stub().fetch("https://object/marks")).status).toBe(426);
  });
});

const ids = async (query: object) =>
  (await ledger().orders({ ...page, ...query })).items.map((each) => each.clientOrderId);

describe("lists", () => {
  test("orders are paged, newest first, and stay stable while more come", async () => {
    const intents = [];
    for (let index = 0; index < 5; index += 1) intents.push(await placed());
    const first = await ledger().orders({ limit: 2 });
    await placed();
    const second = await ledger().orders({ limit: 2, cursor: first.nextCursor ?? "" });
    const third = await ledger().orders({ limit: 2, cursor: second.nextCursor ?? "" });
    const given = [first, second, third].flatMap(({ items }) =>
      items.map(({ clientOrderId }) => clientOrderId),
    );
    expect(given).toEqual(intents.map(({ clientOrderId }) => clientOrderId).reverse());
    expect(third.nextCursor).toBeNull();
    expect((await ledger().orders({ limit: 2, cursor: "nonsense" })).items).toEqual([]);
  });

  test("orders are found by algo, instrument, state, and whether they are open", async () => {
    const open = await placed({ algoId: "algo-b" });
    const closed = await placed();
    await ledger().post([postOf(closed.clientOrderId, { kind: "rejected", reason: "no" }, 1)]);
    expect(await ids({ open: true })).toEqual([open.clientOrderId]);
    expect(await ids({ open: false })).toEqual([closed.clientOrderId]);
    expect(await ids({ algoId: "algo-b" })).toEqual([open.clientOrderId]);
    expect(await ids({ state: "rejected" })).toEqual([closed.clientOrderId]);
    expect(await ids({ instrument: "XNAS:OTHER" })).toEqual([]);
    expect(await ids({ instrument: INSTRUMENT.id })).toHaveLength(2);
  });
});

describe("limits", () => {
  test("are audited, survive an eviction, and say what is above them already", async () => {
    await placed();
    const value = "500";
    const changes = [{ scope: "portfolio", name: "moneyAtRiskPortfolio" as const, value }];
    const answer = await ledger().setLimits({ changes, reason: "a test" }, "person:ann");
    expect(answer.above).toEqual([
      { scope: "portfolio", name: "moneyAtRiskPortfolio", limit: "500", have: "1000" },
    ]);
    await evictDurableObject(stub());
    expect(await ledger().limits()).toContainEqual({
      scope: "portfolio",
      name: "moneyAtRiskPortfolio",
      value,
      changedBy: "person:ann",
      changedAt: expect.any(Number),
    });
    expect(await reserve(intentWith({ quantity: "1" }))).toMatchObject({
      refusal: { code: "MONEY_AT_RISK_PORTFOLIO" },
    });
    await delivered();
    const audit = await env.DB.prepare("SELECT by, action, subject, reason FROM audit_log").all();
    expect(audit.results).toContainEqual({
      by: "person:ann",
      action: "limit_set",
      subject: "portfolio moneyAtRiskPortfolio",
      reason: "a test",
    });
  });
});
