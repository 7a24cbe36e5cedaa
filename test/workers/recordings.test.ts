/** The archive through the API: what was ticking comes back as a file that the paper exchange plays. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { apiPorts } from "../../src/api/ports.ts";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { parseRecording } from "../../src/brokers/paper/recording.ts";
import { RecordingEncoder } from "../../src/domain/recording.ts";
import { recordingKey } from "../../src/domain/recording-key.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { DEVELOPMENT_KEY, errorOf, played } from "../support/workers/api.ts";
import { exchange } from "../support/workers/paper.ts";

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
