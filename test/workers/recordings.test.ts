/** The archive through the API: what was ticking comes back as a file that the paper exchange plays. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { apiPorts } from "../../src/api/ports.ts";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { parseRecording } from "../../src/brokers/paper/recording.ts";
import { candleStart } from "../../src/domain/candle.ts";
import { RecordingEncoder } from "../../src/domain/recording.ts";
import { recordingKey } from "../../src/domain/recording-key.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { DEVELOPMENT_KEY, errorOf, played } from "../support/workers/api.ts";
import { exchange, subscribe, tapFeed } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id).slice(0, 10);
const DAY = "2026-11-20";
const AT = Date.parse(`${DAY}T09:05:00Z`);
const key = DEVELOPMENT_KEY;

vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

const api = () => played({ ports: { recordings: apiPorts(env).recordings } });
const get = (path: string) => api().call("GET", path, { key });

const tradeText = (instrument: string, price: number | null, quantity: number | null) =>
  `${instrument} ${price} ${quantity}`;

const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());

/** A recording of one shard with a trade at each of these ms after 09:05. */
async function record(shard: string, minute: number, times: readonly number[]): Promise<void> {
  const encoder = new RecordingEncoder("paper");
  const none = { bid: null, bidQuantity: null, ask: null, askQuantity: null, volume: null };
  for (const [index, at] of times.entries()) {
    const traded = { instrument: "NSE:INFY", last: 1_500.05, lastQuantity: 1 };
    const place = { receivedTime: AT + at, epoch: 1, seq: 1_000_000_001 + index, late: false };
    encoder.add({ ...traded, ...none, exchangeTime: AT + at }, place);
  }
  await env.RECORDINGS.put(recordingKey("paper", shard, AT + minute * 60_000), encoder.finish());
}

test("what algos saw traded is in the day's file, which the paper exchange can play", async () => {
  await exchange("paper").control("/market", { ticksPerSecond: 500 });
  const algo = await openAlgo();
  await algo.subscribe(IDS);
  await until(() => algo.ticks().length > 300);
  const day = new Date(algo.ticks()[0]?.receivedTime ?? 0).toISOString().slice(0, 10);
  await algo.unsubscribe(IDS);
  const traded = algo.ticks().filter(({ lastQuantity }) => lastQuantity !== null);
  const lines = async () => {
    const response = await get(`/v1/recordings/${day}`);
    const text = await response.text();
    return response.status === 200 ? text : "";
  };
  await until(async () => (await lines()).split("\n").length > traded.length);
  const file = parseRecording("day.ndjson", await lines());
  expect(file).toMatchObject({ ok: true });
  const playable = new Set(file.ok ? file.value.map((trade) => JSON.stringify(trade)) : []);
  for (const { instrument, last, lastQuantity, exchangeTime } of traded) {
    const time = Math.floor(exchangeTime ?? 0);
    const trade = { instrument, time, price: last, quantity: lastQuantity };
    expect(playable).toContain(JSON.stringify(trade));
  }
});

test("shards are brought into one order, over minutes", async () => {
  await record("paper:paper:1", 0, [10, 30, 59_990]);
  await record("paper:paper:2", 0, [20, 59_995]);
  await record("paper:paper:1", 1, [59_992, 60_500]);
  await record("paper:paper:2", 5, [300_000]);
  const response = await get(`/v1/recordings/${DAY}`);
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const times = (await response.text())
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { time: number }).time - AT);
  expect(times).toEqual([10, 20, 30, 59_990, 59_992, 59_995, 60_500, 300_000]);
});

test("a day in parts is the day, each trade once and in order, wherever the parts are cut", async () => {
  await record("paper:paper:1", 0, [10, 30, 59_990]);
  await record("paper:paper:2", 0, [20, 59_995]);
  await record("paper:paper:1", 1, [59_992, 60_500]);
  await record("paper:paper:2", 5, [300_000, 301_000]);
  const whole = await (await get(`/v1/recordings/${DAY}`)).text();
  for (const lengthMs of [30_000, 60_000, 59_992, 300_000]) {
    let parts = "";
    for (let at = 0; at <= 301_000; at += lengthMs) {
      const part = `from=${AT + at}&to=${AT + at + lengthMs}`;
      parts += await textOf(await get(`/v1/recordings/${DAY}?${part}`));
    }
    expect({ lengthMs, parts }).toEqual({ lengthMs, parts: whole });
  }
  const wrong = await get(`/v1/recordings/${DAY}?from=${AT}&to=${AT}`);
  expect(wrong.status).toBe(400);
});

test("a day that was recorded here is fetched in parts and played again: the same trades in the same order", async () => {
  const paper = exchange("paper");
  await paper.control("/market", { ticksPerSecond: 200 });
  const algo = await openAlgo();
  await algo.subscribe(IDS);
  await until(() => algo.ticks().length > 200);
  await algo.unsubscribe(IDS);
  await algo.close();
  const traded = algo.ticks().filter(({ lastQuantity }) => lastQuantity !== null);
  const [first] = algo.ticks();
  const day = new Date(first?.receivedTime ?? 0).toISOString().slice(0, 10);
  const start = candleStart(first?.exchangeTime ?? 0, "1m");
  const fetched = async () => {
    let text = "";
    for (let at = start; at < start + 180_000; at += 20_000) {
      const response = await get(`/v1/recordings/${day}?from=${at}&to=${at + 20_000}`);
      if (response.status === 200) text += await textOf(response);
    }
    const file = parseRecording("day.ndjson", text);
    return file.ok ? file.value : [];
  };
  await until(async () => (await fetched()).length >= traded.length);
  const file = await fetched();
  await paper.control("/replay", { op: "load", fresh: true, ticks: file });
  const tap = await tapFeed(paper);
  subscribe(tap, paper, IDS);
  await paper.control("/replay", { op: "start", speed: 100 });
  // Seeded ticks came before the start; they have both sides of the book, recorded ones have none.
  const replayed = () => tap.updates.filter(({ bid }) => bid === null);
  await until(() => replayed().length >= file.length, 20_000);
  const again = replayed().map((tick) => tradeText(tick.instrument, tick.last, tick.lastQuantity));
  expect(again).toEqual(file.map((one) => tradeText(one.instrument, one.price, one.quantity)));
  // And all that this algo saw traded is among it.
  const all = new Set(again);
  for (const tick of traded)
    expect(all).toContain(tradeText(tick.instrument, tick.last, tick.lastQuantity));
});

test("recordings are listed in pages, each once, in order of time", async () => {
  for (const minute of [3, 1, 2]) await record("paper:paper:1", minute, [minute * 60_000]);
  const minutes: number[] = [];
  for (let cursor = ""; ;) {
    const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const response = await get(`/v1/recordings?day=${DAY}&limit=2${more}`);
    const page: { items: { minute: number; bytes: number }[]; nextCursor: string | null } =
      await response.json();
    minutes.push(...page.items.map(({ minute }) => (minute - AT) / 60_000));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(minutes).toEqual([1, 2, 3]);
});

test("a recording that cannot be read breaks the day off instead of leaving a hole", async () => {
  await record("paper:paper:1", 0, [10]);
  await env.RECORDINGS.put(recordingKey("paper", "paper:paper:1", AT + 60_000), "garbage");
  const response = await get(`/v1/recordings/${DAY}`);
  await expect(response.text()).rejects.toThrow(/cannot be read/);
});

test("a day without recordings is not found, and no day is bad input", async () => {
  const none = await get("/v1/recordings/2001-01-01");
  expect(none.status).toBe(404);
  expect((await errorOf(none)).message).toContain("2001-01-01");
  expect(await (await get("/v1/recordings?day=2001-01-01")).json()).toEqual({
    items: [],
    nextCursor: null,
  });
  for (const path of [
    "/v1/recordings",
    "/v1/recordings?day=",
    "/v1/recordings?day=2026-13-01",
    "/v1/recordings?day=2026-11-20&broker=../x",
    "/v1/recordings/yesterday",
    "/v1/recordings/2026-02-30",
    "/v1/recordings/2026-11-20?brokers=paper",
    "/v1/recordings/2026-11-20?broker=A%2F..",
  ])
    expect({ path, status: (await get(path)).status }).toEqual({ path, status: 400 });
});
