/** The renewal of a session while prices run: the next socket takes over from the one before, or the gap is told. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PAPER_HEARTBEAT_MS, PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { submitOrder } from "../../src/application/submit-order.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import type { FaultRequest } from "../../src/contract/paper.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { type Algo, frameFaults, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { incidentsOf } from "../support/workers/incidents.ts";
import { ALGO, RESTING, startFlow } from "../support/workers/orders.ts";
import { exchange, subscribe, tapFeed } from "../support/workers/paper.ts";

const INSTRUMENTS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"];
const [BOOKED = ""] = INSTRUMENTS;
const SHARDS = 2;
const ENTRY = orderRequest.parse({
  clientOrderId: "entry-1",
  instrument: BOOKED,
  side: "buy",
  type: "market",
  quantity: 10,
});

const paper = exchange("paper");
const manager = () => brokerManager(env, "paper");
const fault = (name: FaultRequest["fault"], count = 1) =>
  paper.control("/faults", { fault: name, count });
const session = async () => (await manager().view()).session;
const epochs = async () => (await manager().view()).shards.map(({ epoch }) => epoch);

vi.setConfig({ testTimeout: 60_000 });

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  for (const instrument of INSTRUMENTS)
    await marketManager(env).rankProviders(instrument, ["paper"]);
});

afterEach(() => reset());

async function tickingAlgo(ticksPerSecond: number): Promise<Algo> {
  await paper.control("/market", { ticksPerSecond });
  const algo = await openAlgo();
  await algo.subscribe(INSTRUMENTS);
  await until(() => algo.ticking().size === INSTRUMENTS.length);
  return algo;
}

async function ticksAgain(algo: Algo): Promise<void> {
  const from = algo.ticks().length;
  const seen = () =>
    new Set(
      algo
        .ticks()
        .slice(from)
        .map((tick) => tick.instrument),
    );
  await until(() => seen().size === INSTRUMENTS.length);
}

/** All shards deliver from another socket than before, and the ones before are gone. */
async function changedOver(before: number[], connections = SHARDS): Promise<void> {
  await until(async () => (await epochs()).every((epoch, at) => epoch > (before[at] ?? 0)), 20_000);
  await until(async () => (await paper.control()).connections.length === connections);
}

const keyOf = ({
  volume,
  exchangeTime,
  last,
}: Pick<MarketUpdate, "volume" | "exchangeTime" | "last">) => `${volume}/${exchangeTime}/${last}`;

/** What the exchange sent of an instrument from the algo's first tick on, up to the tap's last. */
function missing(algo: Algo, sent: MarketUpdate[]): string[] {
  return INSTRUMENTS.flatMap((instrument) => {
    const got = algo
      .ticks()
      .filter((tick) => tick.instrument === instrument)
      .map(keyOf);
    const expected = sent.filter((update) => update.instrument === instrument).map(keyOf);
    const from = Math.max(0, expected.indexOf(got[0] ?? ""));
    // The last of them: an algo may be told its first trade twice, as a snapshot and with the quote that follows it.
    const start = got.lastIndexOf(expected[from] ?? "");
    const end = Math.min(expected.length - from, got.length - start);
    const isSame = (at: number) => got[start + at] === expected[from + at];
    const at = Array.from({ length: end }, (_, n) => n).find((n) => !isSame(n));
    if (start < 0 || end < 100)
      return [`${instrument}: ${got.length} and ${expected.length} ticks do not meet`];
    return at === undefined ? [] : [`${instrument}: ${got[start + at]} for ${expected[from + at]}`];
  });
}

test("under a fast feed a renewal loses no tick, doubles none, keeps their order and tells no gap", async () => {
  const algo = await tickingAlgo(2_000);
  const booked = await openAlgo();
  await booked.subscribe([BOOKED], { mode: "depth" });
  const tap = await tapFeed(paper);
  subscribe(tap, paper, INSTRUMENTS);
  await until(() => tap.updates.length > 500);
  const before = await epochs();
  const told = algo.of("status").length;

  expect(await manager().renewSession({})).toMatchObject({ ok: true, value: { generation: 2 } });
  await changedOver(before, SHARDS + 1);
  await ticksAgain(algo);
  await until(async () => (await session()).state === "valid");

  expect(missing(algo, tap.updates)).toEqual([]);
  expect(tickFaults(algo.ticks())).toEqual([]);
  expect(frameFaults(algo.frames)).toEqual([]);
  expect(algo.of("gap")).toEqual([]);
  expect(algo.of("status").slice(told)).toEqual([]);
  const quality = (await manager().quality()).find(({ instrument }) => instrument === BOOKED);
  expect(quality).toMatchObject({ mode: "depth", gaps: 0, book: { state: "valid", resyncs: 0 } });
  const epochsSeen = new Set(algo.ticks().map(({ epoch }) => epoch));
  expect(epochsSeen.size).toBeGreaterThan(SHARDS);
  expect(await incidentsOf(env.DB)).toEqual([]);
  tap.socket.close();
  await algo.close();
  await booked.close();
});

test("a broker that takes no second connection gets the new one in the place of the old one, and the gap is told", async () => {
  const algo = await tickingAlgo(200);
  const before = await epochs();
  await fault("refuse_connection", SHARDS);
  expect((await manager().renewSession({})).ok).toBe(true);
  await changedOver(before);
  await ticksAgain(algo);
  await until(async () => (await session()).state === "valid");
  const gaps = algo.of("gap").flatMap(({ instruments }) => instruments);
  expect(new Set(gaps)).toEqual(new Set(INSTRUMENTS));
  const reasons = algo.of("status").map(({ message }) => message ?? "");
  expect(reasons.some((reason) => reason.includes("no second connection"))).toBe(true);
  expect(tickFaults(algo.ticks())).toEqual([]);
  await algo.close();
});

test("a new token that is refused before it brings data leaves the old sockets for as long as the broker does", async () => {
  const flow = await startFlow();
  const algo = await tickingAlgo(200);
  const before = await epochs();
  expect((await manager().renewSession({})).ok).toBe(true);
  await fault("expire_session");
  // It was signed in twice within seconds: the next try by itself is a while off.
  await until(async () => (await session()).state === "expired");
  await ticksAgain(algo);
  expect(await epochs()).toEqual(before);
  expect(await flow.gateway.streamState()).toBe("ready");
  expect(algo.of("gap")).toEqual([]);
  const refused = await submitOrder(flow.ports, ALGO, ENTRY, Date.now());
  expect(refused).toMatchObject({ ok: false, error: { code: "BROKER_SESSION_EXPIRED" } });

  await until(async () => (await paper.control()).connections.length === 0);
  await until(async () => (await flow.gateway.streamState()) === "down");
  expect((await manager().renewSession({})).ok).toBe(true);
  await ticksAgain(algo);
  await until(async () => (await flow.gateway.streamState()) === "ready");
  const gaps = algo.of("gap").flatMap(({ instruments }) => instruments);
  expect(new Set(gaps)).toEqual(new Set(INSTRUMENTS));
  expect(tickFaults(algo.ticks())).toEqual([]);
  await algo.close();
});

test("lesson 15: what the old socket still brings is no proof of a new token: one without data is told, and the old one stays until the broker ends it", async () => {
  const algo = await tickingAlgo(200);
  await fault("silent_after_rollover");
  expect((await manager().renewSession({})).ok).toBe(true);
  await ticksAgain(algo);
  await ticksAgain(algo);
  expect((await session()).state).toBe("proving");
  expect(algo.of("gap")).toEqual([]);
  await until(async () => (await incidentsOf(env.DB)).length === 1, 20_000);
  expect((await incidentsOf(env.DB))[0]?.["title"]).toContain("brings no data");
  await until(async () => (await session()).generation === 3, 20_000);
  await until(async () => (await session()).state === "valid", 20_000);
  await ticksAgain(algo);
  expect(algo.of("gap").length).toBeGreaterThan(0);
  await algo.close();
});

test("the order stream is ready all through a renewal that takes three tries, and a fill in the middle of it is booked once", async () => {
  const flow = await startFlow();
  const resting = await flow.place(RESTING);
  const seen = { states: new Set<string>(), isOver: false };
  const watch = (async () => {
    while (!seen.isOver) {
      seen.states.add(await flow.gateway.streamState());
      await scheduler.wait(5);
    }
  })();
  await fault("fail_look_up", 2);
  expect((await manager().renewSession({})).ok).toBe(true);
  const bought = await flow.place();
  await until(async () => (await flow.order(bought.clientOrderId)).state === "filled");
  // By then the exchange has closed what stood on the session before.
  const closedAt = Date.now() + PAPER_RULES.changeOverMs + 2 * PAPER_HEARTBEAT_MS;
  await until(() => Date.now() > closedAt);
  seen.isOver = true;
  await watch;
  expect([...seen.states]).toEqual(["ready"]);
  expect((await flow.order(bought.clientOrderId)).filledQuantity).toBe("10");
  expect((await flow.order(resting.clientOrderId)).state).toBe("new");
  expect((await flow.place(RESTING)).state).toBe("new");
});
