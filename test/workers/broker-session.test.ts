/** A broker's session from end to end, on the real paper exchange: expiry, renewal, refusal and silence. */
import { applyD1Migrations, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { submitOrder } from "../../src/application/submit-order.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import type { FaultRequest } from "../../src/contract/paper.ts";
import { PAPER_CREDENTIAL } from "../../src/brokers/paper/rules.ts";
import { brokerManager, feedShard, marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, until } from "../support/workers/algo.ts";
import { incidentsOf } from "../support/workers/incidents.ts";
import { ALGO, RESTING, startFlow, type Flow } from "../support/workers/orders.ts";
import { exchange } from "../support/workers/paper.ts";

const INSTRUMENTS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"];

const paper = exchange("paper");
const manager = () => brokerManager(env, "paper");
const fault = (name: FaultRequest["fault"], count = 1) =>
  paper.control("/faults", { fault: name, count });
const session = async () => (await manager().view()).session;
const upstream = async () => (await paper.control()).session;

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  // This is about one provider alone.
  for (const instrument of INSTRUMENTS)
    await marketManager(env).rankProviders(instrument, ["paper"]);
  await paper.control("/market", { ticksPerSecond: 200 });
});

afterEach(() => reset());

async function tickingAlgo(): Promise<Algo> {
  const algo = await openAlgo();
  await algo.subscribe(INSTRUMENTS);
  await until(() => algo.ticking().size === INSTRUMENTS.length);
  return algo;
}

/** Every one of them has ticked after now. */
async function ticksAgain(algo: Algo): Promise<void> {
  const from = algo.ticks().length;
  const fresh = () =>
    new Set(
      algo
        .ticks()
        .slice(from)
        .map(({ instrument }) => instrument),
    );
  await until(() => fresh().size === INSTRUMENTS.length);
}

async function expired(flow: Flow): Promise<void> {
  await fault("reject_credentials", 1_000);
  await fault("expire_session");
  // The one sign-in that it tries by itself is turned away; then it waits for a person.
  await until(async () => (await upstream()).signIns === 2);
  await until(async () => (await session()).state === "expired");
  await until(async () => (await flow.gateway.streamState()) === "down");
}

describe("a session", () => {
  test("is signed in once for all who need it, and its secrets are stored sealed", async () => {
    const algo = await tickingAlgo();
    expect(await session()).toMatchObject({ state: "valid", generation: 1, signIn: "automatic" });
    expect(await upstream()).toMatchObject({ generation: 1, signIns: 1, callsRefused: 0 });
    const stub = env.BROKER_MANAGER.getByName("paper");
    const notes = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql
        .exec<{ name: string; content: string }>("SELECT name, content FROM note")
        .toArray(),
    );
    const token = await runInDurableObject(paper.stub(), (_, { storage }) =>
      storage.sql
        .exec<{ value: string }>("SELECT value FROM settings WHERE name = 'session'")
        .one(),
    );
    const { token: secret } = JSON.parse(token.value) as { token: string };
    const stored = JSON.stringify(notes);
    expect(stored).toContain("session_token");
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(PAPER_CREDENTIAL);
    await algo.close();
  });

  test("that the broker ends early is renewed by one sign-in: shards and order stream start over, ticks go on, the gap is told", async () => {
    const flow = await startFlow();
    const algo = await tickingAlgo();
    await fault("expire_session");
    await until(async () => (await session()).generation === 2);
    await ticksAgain(algo);
    await until(async () => (await flow.gateway.streamState()) === "ready");
    await until(async () => (await session()).state === "valid");
    expect((await session()).provenAt).not.toBeNull();
    expect(await upstream()).toMatchObject({ generation: 2, signIns: 2 });
    const gaps = algo.of("gap").flatMap(({ instruments }) => instruments);
    expect(new Set(gaps)).toEqual(new Set(INSTRUMENTS));
    const seqs = algo.ticks().filter(({ instrument }) => instrument === INSTRUMENTS[0]);
    expect(seqs.every(({ seq }, index) => index === 0 || seq > (seqs[index - 1]?.seq ?? 0))).toBe(
      true,
    );
    expect((await flow.place(RESTING)).state).toBe("new");
    expect(await incidentsOf(env.DB)).toEqual([]);
    await algo.close();
  });

  test("outlives a wrong credential: it is refused by name, the session goes on, and the stored one renews it next time", async () => {
    const algo = await tickingAlgo();
    const refused = await manager().renewSession({ credential: "of-somebody-else" });
    expect(refused).toMatchObject({ ok: false, error: { code: "BROKER_REJECTED" } });
    expect(!refused.ok && refused.error.message).toContain("the session of before goes on");
    expect(await session()).toMatchObject({ state: "valid", generation: 1 });
    await ticksAgain(algo);
    expect(algo.of("gap")).toEqual([]);
    await fault("expire_session");
    await until(async () => (await session()).generation === 2);
    await ticksAgain(algo);
    expect(await incidentsOf(env.DB)).toEqual([]);
    await algo.close();
  });

  test("is signed in by each of two people who ask at a time, and tells each what came of theirs", async () => {
    const algo = await tickingAlgo();
    const [right, wrong] = await Promise.all([
      manager().renewSession({ credential: PAPER_CREDENTIAL }),
      manager().renewSession({ credential: "of-somebody-else" }),
    ]);
    expect([right.ok, wrong.ok]).toEqual([true, false]);
    expect((await upstream()).signIns).toBe(3);
    await algo.close();
  });

  test("survives the eviction of its owner: the sealed token is opened, and nobody signs in again", async () => {
    const algo = await tickingAlgo();
    const stub = env.BROKER_MANAGER.getByName("paper");
    await runInDurableObject(stub, (_, state) => state.abort("crash")).catch(() => {});
    const grant = await manager().session();
    expect(grant).toMatchObject({ kind: "token", token: { generation: 1 } });
    expect((await upstream()).signIns).toBe(1);
    await algo.close();
  });
});

describe("a session that cannot be renewed", () => {
  test("lesson 16: stops everything: one alert, no call to the broker, and each caller gets the typed error", async () => {
    const flow = await startFlow();
    const algo = await tickingAlgo();
    await expired(flow);
    const before = await upstream();

    const request = { instrument: "NSE:INFY", side: "buy", type: "market", quantity: 10 } as const;
    for (const clientOrderId of ["entry-1", "entry-2", "entry-3"]) {
      const body = orderRequest.parse({ clientOrderId, ...request });
      const answer = await submitOrder(flow.ports, ALGO, body, Date.now());
      expect(answer).toMatchObject({ ok: false, error: { code: "BROKER_SESSION_EXPIRED" } });
    }
    const span = { from: Date.now() - 600_000, to: Date.now() };
    const candles = await manager().candles({ instrument: "NSE:INFY", interval: "1m", ...span });
    expect(candles).toMatchObject({ ok: false, error: { code: "BROKER_SESSION_EXPIRED" } });
    expect((await flow.gateway.balances()).ok).toBe(false);
    for (const number of [1, 2]) await feedShard(env, `paper:paper:${number}`).ensure();
    await flow.gateway.ensure();

    // Sockets would be turned away for their token, and counted; nothing came at all.
    expect(await upstream()).toEqual(before);
    expect((await paper.control()).connections).toEqual([]);
    const incidents = await incidentsOf(env.DB);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.["message"]).toContain("cancels and exits cannot reach it either");
    expect(flow.retries).toEqual([]);
    await algo.close();
  });

  test("keeps an unknown order unknown: what cannot be asked is not counted as not found", async () => {
    const flow = await startFlow();
    await flow.fault("error_5xx_before_accept");
    const placed = await flow.place(RESTING);
    expect(placed.state).toBe("unknown");
    await expired(flow);
    for (let look = 0; look < 5; look += 1) {
      const { found } = await flow.gateway.lookUp(placed.clientOrderId);
      expect(found).toBeNull();
    }
    expect((await flow.order(placed.clientOrderId)).state).toBe("unknown");
    await fault("reject_credentials", 0);
    expect((await manager().renewSession({})).ok).toBe(true);
    // Now it was asked, and only now its answer counts.
    expect((await flow.gateway.lookUp(placed.clientOrderId)).found).toBe(false);
  });

  test("lesson 17: comes back by a person's hand, for shards and orders alike, without a restart", async () => {
    const flow = await startFlow();
    const algo = await tickingAlgo();
    await expired(flow);
    const refused = await manager().renewSession({ credential: "of-somebody-else" });
    expect(refused).toMatchObject({ ok: false, error: { code: "BROKER_SESSION_EXPIRED" } });
    await fault("reject_credentials", 0);
    const renewed = await manager().renewSession({ credential: PAPER_CREDENTIAL });
    expect(renewed).toMatchObject({ ok: true, value: { generation: 2 } });
    await ticksAgain(algo);
    await until(async () => (await flow.gateway.streamState()) === "ready");
    expect((await flow.place(RESTING)).state).toBe("new");
    await algo.close();
  });

  test("takes no request token where nobody needs one", async () => {
    const answer = await manager().renewSession({ requestToken: "abc" });
    expect(answer).toMatchObject({ ok: false, error: { code: "BAD_REQUEST" } });
  });
});

test("lesson 15: a rollover after which all succeeds and no data comes is found out, told, and healed by the next sign-in", async () => {
  const algo = await tickingAlgo();
  await fault("silent_after_rollover");
  await fault("expire_session");
  await until(async () => (await session()).state === "proving");
  // Connected and subscribed: by everything but the data, it looks well.
  await until(async () => (await paper.control()).subscriptions === INSTRUMENTS.length);
  await until(async () => (await incidentsOf(env.DB)).length === 1, 20_000);
  const [incident] = await incidentsOf(env.DB);
  expect(incident?.["title"]).toContain("brings no data");
  await until(async () => (await session()).generation === 3, 20_000);
  await ticksAgain(algo);
  await until(async () => (await session()).state === "valid");
  expect(await incidentsOf(env.DB)).toHaveLength(1);
  await algo.close();
});
