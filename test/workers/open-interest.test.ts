/** Open interest through the whole feed: the exchange, shard, market, archive and replay, and a provider without it. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { decodeFrame } from "../../sdk/src/decode.ts";
import { apiPorts } from "../../src/api/ports.ts";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { parseRecording } from "../../src/brokers/paper/recording.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { type Algo, dialMarket, openAlgo, until } from "../support/workers/algo.ts";
import { DEVELOPMENT_KEY, played } from "../support/workers/api.ts";
import { exchange, subscribe, tapFeed } from "../support/workers/paper.ts";

const FUTURES = PAPER_INSTRUMENTS.filter(({ kind }) => kind === "future").map(({ id }) => id);
const [NIFTY = ""] = FUTURES;
const INFY = "NSE:INFY";
const paper = exchange("paper");

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 90_000 });

afterEach(async () => {
  await reset();
});

/** Of each in its order; undefined where it has none. */
const interestOf = (rows: readonly { instrument: string; openInterest?: number | undefined }[]) =>
  rows.map(({ instrument, openInterest }) => [instrument, openInterest]);

const everyTick = (algo: Algo) => algo.of("ticks").flatMap(({ ticks }) => ticks);

test.each(["ltp", "quote", "depth"])(
  "in mode %s a future's ticks carry its open interest, a share's do not, live and as a snapshot",
  async (mode) => {
    await paper.control("/market", { ticksPerSecond: 100 });
    const first = await openAlgo();
    await first.subscribe([NIFTY, INFY], { mode });
    await until(() => first.ticking().size === 2);
    const second = await openAlgo();
    await second.subscribe([NIFTY, INFY], { mode });
    await until(() => second.of("ticks").some(({ snapshot }) => snapshot === true));
    await until(() => second.ticking().size === 2);
    for (const algo of [first, second]) {
      for (const { instrument, openInterest = null } of everyTick(algo))
        expect([instrument, openInterest !== null && openInterest > 0]).toEqual([
          instrument,
          instrument === NIFTY,
        ]);
    }
    const [quote] = await brokerManager(env, "paper").quotes([NIFTY]);
    expect(quote?.openInterest).toBeGreaterThan(0);
  },
);

test("compact rows say the same as plain ones, with levels and without", async () => {
  await paper.control("/market", { ticksPerSecond: 100 });
  const plain = await openAlgo();
  await plain.subscribe([NIFTY, INFY], { mode: "depth" });
  const socket = await dialMarket("?format=compact");
  const texts: string[] = [];
  socket.addEventListener("message", ({ data }) => void texts.push(data as string));
  socket.accept();
  const request = { op: "subscribe", channel: "ticks", instruments: [NIFTY, INFY], mode: "depth" };
  socket.send(JSON.stringify(request));
  const compact = () => {
    const aliases = new Map<number, string>();
    return texts.flatMap((text) => {
      const decoded = decodeFrame(text, aliases);
      if (decoded.kind === "message" && decoded.message.type === "subscribed")
        for (const [id, alias] of Object.entries(decoded.message.aliases ?? {}))
          aliases.set(alias, id);
      expect(decoded.kind).not.toBe("unreadable");
      return decoded.kind === "ticks" ? decoded.ticks.filter(({ snapshot }) => !snapshot) : [];
    });
  };
  const withLevels = () =>
    compact().filter((tick) => tick.instrument === NIFTY && tick.depth !== undefined);
  await until(() => withLevels().length > 20);
  const told = new Map(plain.ticks().map((tick) => [`${tick.instrument} ${tick.seq}`, tick]));
  let compared = 0;
  for (const { snapshot: _, ...tick } of compact()) {
    const same = told.get(`${tick.instrument} ${tick.seq}`);
    if (same === undefined) continue;
    compared += 1;
    expect(tick).toEqual(same);
  }
  expect(compared).toBeGreaterThan(20);
});

test("lesson 56: a provider that knows the last price alone takes over, and no open interest is made up for it", async () => {
  const [backup, rest] = [exchange("paper-backup"), exchange("paper-rest")];
  for (const one of [paper, backup, rest]) await one.control("/market", { ticksPerSecond: 40 });
  const algo = await openAlgo();
  await algo.subscribe([NIFTY]);
  await until(() => algo.ticking().size === 1);
  expect(algo.ticks()[0]?.openInterest).toBeGreaterThan(0);
  await rest.control("/faults", { fault: "bare_quote", count: 100_000 });
  await backup.control("/faults", { fault: "refuse_connection", count: 100_000 });
  await backup.control("/faults", { fault: "drop_feed_socket", count: 4 });
  await paper.control("/market", { ticksPerSecond: 0 });
  const polled = () => algo.ticks().filter(({ provider }) => provider === "paper-rest");
  await until(() => polled().length > 2, 40_000);
  for (const tick of polled()) expect(tick).not.toHaveProperty("openInterest");
});

test("what was recorded with an open interest is in the day's file with it, and is played again with it", async () => {
  await paper.control("/market", { ticksPerSecond: 100 });
  const algo = await openAlgo();
  await algo.subscribe([NIFTY, INFY]);
  await until(() => algo.ticks().length > 60);
  await algo.unsubscribe([NIFTY, INFY]);
  const traded = algo.ticks().filter(({ lastQuantity }) => lastQuantity !== null);
  const day = new Date(algo.ticks()[0]?.receivedTime ?? 0).toISOString().slice(0, 10);
  const api = played({ ports: { recordings: apiPorts(env).recordings } });
  const fetched = async () => {
    const response = await api.call("GET", `/v1/recordings/${day}`, { key: DEVELOPMENT_KEY });
    const text = new TextDecoder().decode(await response.arrayBuffer());
    const file = parseRecording("day.ndjson", text);
    return file.ok ? file.value : [];
  };
  await until(async () => (await fetched()).length >= traded.length, 20_000);
  const file = await fetched();
  expect(interestOf(file)).toEqual(expect.arrayContaining(interestOf(traded)));
  expect(file.filter(({ openInterest }) => openInterest !== undefined).length).toBeGreaterThan(20);
  await paper.control("/replay", { op: "load", fresh: true, ticks: file });
  const tap = await tapFeed(paper);
  subscribe(tap, paper, [NIFTY, INFY]);
  await paper.control("/replay", { op: "start", speed: 100 });
  // Seeded ticks came before the start; they have both sides of the book, recorded ones have none.
  const replayed = () => tap.updates.filter(({ bid }) => bid === null);
  await until(() => replayed().length >= file.length, 20_000);
  expect(interestOf(replayed())).toEqual(interestOf(file));
});
