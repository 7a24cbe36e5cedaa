import { afterAll, beforeAll, expect, test } from "vitest";
import { type Platform, startPlatform } from "../support/platform.ts";
import { openStream, sequenceFaults, type StreamSocket } from "../support/stream-socket.ts";
import { until } from "../support/until.ts";

const SOCKETS = 20;
const INSTRUMENTS = 100;
const SHARDS = 2;

let platform: Platform;
let sockets: StreamSocket[] = [];
let instruments: string[];
/** One that no socket subscribes to. */
let another: string;

beforeAll(async () => {
  platform = await startPlatform();
  const page = await platform.get<{ items: { id: string }[] }>("/v1/instruments?limit=500");
  const ids = page.items.map((item) => item.id);
  if (ids.length <= INSTRUMENTS) throw new Error(`only ${ids.length} instruments to subscribe to`);
  instruments = ids.slice(0, INSTRUMENTS);
  another = ids[INSTRUMENTS] ?? "";
  await platform.call("/v1/brokers/paper/feed", { method: "PUT", body: { shards: SHARDS } });
  await platform.post("/v1/paper/market", { ticksPerSecond: 1_000 });
  const key = await platform.key("feed-test", ["read"]);
  sockets = await Promise.all(
    Array.from({ length: SOCKETS }, () => openStream(platform.streamUrl, key)),
  );
});

afterAll(async () => {
  for (const socket of sockets) socket.close();
  await platform?.stop();
});

const ticksEverywhere = () =>
  until("a tick of every instrument on every socket", () =>
    sockets.every((socket) => socket.ticking().size >= INSTRUMENTS),
  );

test("twenty sockets on a hundred instruments are a hundred subscriptions upstream, over two shards", async () => {
  for (const socket of sockets) socket.subscribe(instruments);
  await ticksEverywhere();

  const paper = await platform.paper();
  expect(paper.subscriptions).toBe(INSTRUMENTS);
  expect(paper.connections.map((each) => each.subscriptions)).toEqual(
    Array.from({ length: SHARDS }, () => INSTRUMENTS / SHARDS),
  );
  for (const socket of sockets) expect(socket.of("error")).toEqual([]);
});

test("no socket misses a tick, and each sees the same ones", async () => {
  for (const socket of sockets) expect(sequenceFaults(socket.ticks())).toEqual([]);
});

test("adding and removing an instrument live loses no tick of the others", async () => {
  for (const socket of sockets) socket.forget();
  const path = "/v1/brokers/paper/subscriptions";
  await platform.post(path, { instruments: [another] });
  await until("one more upstream", async () => (await platform.paper()).subscriptions === 101);
  await platform.call(path, { method: "DELETE", body: { instruments: [another] } });
  await until("one less upstream", async () => (await platform.paper()).subscriptions === 100);
  await ticksEverywhere();

  for (const socket of sockets) {
    expect(sequenceFaults(socket.ticks())).toEqual([]);
    expect(socket.of("gap")).toEqual([]);
  }
});

test("a dropped broker socket is announced as a gap and repaired", async () => {
  for (const socket of sockets) socket.forget();
  await platform.post("/v1/paper/faults", { fault: "drop_feed_socket" });
  await until("a gap on every socket", () => sockets.every((each) => each.of("gap").length > 0));
  const [gap] = sockets[0]?.of("gap") ?? [];
  expect(gap?.instruments.length).toBeGreaterThan(0);
  expect(gap?.to).toBeGreaterThan(gap?.from ?? Number.POSITIVE_INFINITY);

  for (const socket of sockets) socket.forget();
  await ticksEverywhere();
  expect((await platform.paper()).subscriptions).toBe(INSTRUMENTS);
  for (const socket of sockets) {
    expect(socket.open).toBe(true);
    expect(sequenceFaults(socket.ticks())).toEqual([]);
  }
});
