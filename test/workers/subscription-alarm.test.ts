/** A subscription that the broker refuses, of an instrument that no other provider gives: whoever wants it is told, whenever it comes. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const CAP = 5;
const IDS = PAPER_INSTRUMENTS.map(({ id }) => id).slice(0, CAP + 1);
const over = IDS[CAP] ?? "";
const paper = exchange("paper");
const message = `a connection takes ${CAP} instruments`;

vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

/** A broker whose one connection is full. */
async function full(): Promise<Algo> {
  await paper.control("/market", { instrumentsPerConnection: CAP, ticksPerSecond: 200 });
  await brokerManager(env, "paper").setFeed(1);
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, CAP));
  await until(() => algo.ticking().size === CAP);
  // From here alone: another provider would take it in.
  await marketManager(env).rankProviders(over, ["paper"]);
  return algo;
}

/** What a market has told the brokers' managers that it wants. */
const declaredBy = (name: string) =>
  runInDurableObject(env.MARKET.getByName(name), (_, { storage }) => {
    const query = "SELECT value FROM setting WHERE name = 'declared'";
    return storage.sql.exec<{ value: string }>(query).one().value;
  });

const alarms = (algo: Algo) =>
  algo
    .of("status")
    .filter(({ state, instruments }) => state === "alarm" && instruments.includes(over));

test("who asks for one too many hears the alarm with its reason, however fast the broker refused", async () => {
  const algo = await full();
  // Its history takes longer to read than the broker takes to refuse.
  expect(await algo.subscribe([over], { history: 1_000, interval: "1m" })).toMatchObject({
    type: "subscribed",
    instruments: [{ instrument: over, state: "pending" }],
  });
  await until(() => alarms(algo).length > 0);
  expect(alarms(algo)[0]).toMatchObject({ subject: "instrument", instruments: [over], message });
});

test("who comes later hears it too: on the same market, for its bars, and over a link that opens then", async () => {
  const first = await full();
  await first.subscribe([over]);
  await until(() => alarms(first).length > 0);
  await until(async () => (await brokerManager(env, "paper").view()).shards[0]?.alarmed === 1);
  const second = await openAlgo();
  await second.subscribe([over]);
  await until(() => alarms(second).length > 0);
  const bars = await openAlgo();
  await bars.ask({ op: "subscribe", channel: "candles", instruments: [over], interval: "1m" });
  await until(() => alarms(bars).length > 0);
  const elsewhere = await openAlgo("", undefined, "m2");
  await elsewhere.subscribe([over]);
  await until(() => alarms(elsewhere).length > 0);
  for (const algo of [second, bars, elsewhere]) expect(alarms(algo)[0]?.message).toBe(message);
});

test("who comes after an eviction of the market hears it too, though the link to the shard slept through it", async () => {
  const first = await full();
  await first.subscribe([over]);
  await until(() => alarms(first).length > 0);
  await evictDurableObject(env.MARKET.getByName("m1"), { webSockets: "hibernate" });
  const second = await openAlgo();
  await second.subscribe([over]);
  await until(() => alarms(second).length > 0, 10_000);
  expect(alarms(second)[0]?.message).toBe(message);
});

test("an alarm that has passed is told to nobody: with room the instrument ticks", async () => {
  const first = await full();
  await first.subscribe([over]);
  await until(() => alarms(first).length > 0);
  await paper.control("/market", { instrumentsPerConnection: 1_000 });
  await first.unsubscribe(IDS.slice(0, 2));
  await until(() => first.ticking().has(over), 20_000);
  const second = await openAlgo();
  await second.subscribe([over]);
  await until(() => second.ticking().has(over));
  expect(alarms(second)).toEqual([]);
});

test("who leaves it and comes back hears it again, also while another market holds it", async () => {
  const algo = await full();
  const other = await openAlgo("", undefined, "m2");
  await other.subscribe([over]);
  await until(() => alarms(other).length > 0);
  await algo.subscribe([over]);
  await until(() => alarms(algo).length > 0);
  await algo.unsubscribe([over]);
  await until(async () => !(await declaredBy("m1")).includes(over));
  const before = alarms(algo).length;
  const answer = await algo.subscribe([over]);
  expect(answer).toMatchObject({ instruments: [{ instrument: over, state: "pending" }] });
  await until(() => alarms(algo).length > before, 5_000);
});
