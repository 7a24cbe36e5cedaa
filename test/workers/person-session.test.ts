/** A broker at which a person has to sign in each day, from end to end: waiting, warning, a request token, and its refusals. */
import { applyD1Migrations, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { submitOrder } from "../../src/application/submit-order.ts";
import { PAPER_HEARTBEAT_MS, PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import type { RequestTokenView } from "../../src/contract/paper.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { incidentsOf } from "../support/workers/incidents.ts";
import { ALGO, RESTING, startFlow } from "../support/workers/orders.ts";
import { exchange } from "../support/workers/paper.ts";

const INSTRUMENTS = ["NSE:INFY", "NSE:TCS"];
const ENTRY = orderRequest.parse({
  clientOrderId: "entry-1",
  instrument: "NSE:INFY",
  side: "buy",
  type: "market",
  quantity: 10,
});

const paper = exchange("paper");
const manager = () => brokerManager(env, "paper");
const session = async () => (await manager().view()).session;
const upstream = async () => (await paper.control()).session;

vi.setConfig({ testTimeout: 60_000 });

beforeEach(async () => {
  env.PAPER_SIGN_IN = "person";
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  for (const instrument of INSTRUMENTS)
    await marketManager(env).rankProviders(instrument, ["paper"]);
  // Not until the exchange's morning, which may be near: a warning is told an hour ahead of it.
  await paper.control("/market", { ticksPerSecond: 200, sessionLifetimeMs: 86_400_000 });
});

afterEach(async () => {
  await reset();
  env.PAPER_SIGN_IN = "automatic";
});

/** What a person brings from the exchange's sign-in page. */
async function fetched(): Promise<string> {
  const init = { method: "POST", body: "{}" };
  const answer = await paper.stub().fetch("https://object/control/request-tokens", init);
  return (await answer.json<RequestTokenView>()).requestToken;
}

const signIn = async () => manager().renewSession({ requestToken: await fetched() });

/** Every one of them ticks after now. */
async function ticksAgain(algo: Algo): Promise<void> {
  const from = algo.ticks().length;
  const seen = () => algo.ticks().slice(from);
  await until(
    () => new Set(seen().map(({ instrument }) => instrument)).size === INSTRUMENTS.length,
    20_000,
  );
}

test("before anybody has signed in the broker is left alone, nobody is told, and no entry is taken; a request token starts it all", async () => {
  const flow = await startFlow({ isCold: true });
  const algo = await openAlgo();
  await algo.subscribe(INSTRUMENTS);
  await flow.gateway.ensure();
  const refused = await submitOrder(flow.ports, ALGO, ENTRY, Date.now());
  expect(refused).toMatchObject({ ok: false, error: { code: "BROKER_SESSION_EXPIRED" } });
  const message = refused.ok ? "" : refused.error.message;
  for (const words of ["nobody has signed in yet", "POST /v1/brokers/paper/session"])
    expect(message).toContain(words);
  expect(await session()).toMatchObject({
    state: "missing",
    signIn: "person",
    reason: "nobody has signed in yet",
  });
  expect(await upstream()).toMatchObject({ signIn: "person", signIns: 0, callsRefused: 0 });
  expect(await incidentsOf(env.DB)).toEqual([]);

  expect(await signIn()).toMatchObject({ ok: true, value: { generation: 1 } });
  await ticksAgain(algo);
  await until(async () => (await session()).state === "valid");
  await flow.gateway.ensure();
  await until(async () => (await flow.gateway.streamState()) === "ready");
  expect((await upstream()).signIns).toBe(1);
  // Nothing was kept of the refusal: the same order may be sent again.
  await until(async () => (await submitOrder(flow.ports, ALGO, ENTRY, Date.now())).ok);
  await algo.close();
});

test("a request token that is unknown, used or too old is refused with what to do, and the session goes on", async () => {
  const used = await fetched();
  expect((await manager().renewSession({ requestToken: used })).ok).toBe(true);
  const old = await fetched();
  await runInDurableObject(paper.stub(), (_, { storage }) => {
    storage.sql.exec(
      "UPDATE settings SET value = json_set(value, '$[1].expiresAt', ?) WHERE name = 'requestTokens'",
      Date.now(),
    );
  });
  const before = await session();
  for (const [requestToken, why] of [
    ["of-somebody-else", "has handed out no such request token"],
    [used, "was used before"],
    [old, "was older than 5 minutes"],
  ] as const) {
    const answer = await manager().renewSession({ requestToken });
    expect(answer).toMatchObject({ ok: false, error: { code: "BROKER_REJECTED" } });
    const message = answer.ok ? "" : answer.error.message;
    expect(message).toContain(why);
    expect(message).toContain("fetch another one with POST /v1/paper/request-tokens");
    expect(message).toContain("the session of before goes on");
  }
  expect(await manager().renewSession({})).toMatchObject({ error: { code: "BAD_REQUEST" } });
  expect(await session()).toEqual(before);
  expect(await incidentsOf(env.DB)).toEqual([]);
  expect((await signIn()).ok).toBe(true);
  expect((await session()).generation).toBe(2);
});

test("a person is called before the session ends, and whoever signs in by then has all change over without a gap", async () => {
  const flow = await startFlowSignedIn();
  const algo = await openAlgo();
  await algo.subscribe(INSTRUMENTS);
  await until(() => algo.ticking().size === INSTRUMENTS.length);
  // Shorter than the warning is ahead: it is due at once.
  await paper.control("/market", { sessionLifetimeMs: 45_000 });
  expect((await signIn()).ok).toBe(true);
  await until(async () => (await session()).state === "expiring", 20_000);
  await until(async () => (await incidentsOf(env.DB)).length === 1, 20_000);
  const [called] = await incidentsOf(env.DB);
  expect(called?.["title"]).toContain("ends soon");
  expect(Date.now()).toBeLessThan((await session()).expiresAt ?? 0);
  expect((await flow.place(RESTING)).state).toBe("new");

  await paper.control("/market", { sessionLifetimeMs: 86_400_000 });
  expect((await signIn()).ok).toBe(true);
  await ticksAgain(algo);
  await until(async () => (await session()).state === "valid", 20_000);
  const closedAt = Date.now() + PAPER_RULES.changeOverMs + 2 * PAPER_HEARTBEAT_MS;
  await until(() => Date.now() > closedAt, 20_000);
  await ticksAgain(algo);
  expect(algo.of("gap")).toEqual([]);
  expect(tickFaults(algo.ticks())).toEqual([]);
  expect(await flow.gateway.streamState()).toBe("ready");
  expect(await incidentsOf(env.DB)).toHaveLength(1);
  await algo.close();
});

test("a session that nobody renews ends once, is not tried by itself, and comes back by a person for feed and orders alike", async () => {
  const flow = await startFlowSignedIn();
  const algo = await openAlgo();
  await algo.subscribe(INSTRUMENTS);
  await until(() => algo.ticking().size === INSTRUMENTS.length);
  await paper.control("/market", { sessionLifetimeMs: 4_000 });
  expect((await signIn()).ok).toBe(true);
  const { signIns } = await upstream();
  await until(async () => (await session()).state === "expired", 20_000);
  await until(async () => (await flow.gateway.streamState()) === "down", 20_000);
  await until(async () => (await incidentsOf(env.DB)).length === 2, 20_000);
  const refused = await submitOrder(flow.ports, ALGO, ENTRY, Date.now());
  expect(refused).toMatchObject({ ok: false, error: { code: "BROKER_SESSION_EXPIRED" } });
  expect((await upstream()).signIns).toBe(signIns);

  await paper.control("/market", { sessionLifetimeMs: 86_400_000 });
  expect((await signIn()).ok).toBe(true);
  await ticksAgain(algo);
  await until(async () => (await flow.gateway.streamState()) === "ready", 20_000);
  expect((await flow.place(RESTING)).state).toBe("new");
  expect((await upstream()).signIns).toBe(signIns + 1);
  await algo.close();
});

/** The order path wakes up only under a session. */
async function startFlowSignedIn() {
  expect((await signIn()).ok).toBe(true);
  return startFlow();
}
