/** A client of the SDK that is moved to another market while everything runs: what it saw, compared with what it was promised. */
import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Stream } from "../../sdk/src/stream.ts";
import type { StreamEvent } from "../../sdk/src/stream-events.ts";
import type { SocketLike } from "../../sdk/src/socket-like.ts";
import { TIMING } from "../../sdk/src/limits.ts";
import { ORDERS_CATCH_UP_MAX } from "../../src/domain/market-limits.ts";
import type { Order } from "../../src/domain/order.ts";
import { marketManager, riskLedger } from "../../src/platform/objects.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { makeKey } from "../support/workers/api.ts";
import { exchange } from "../support/workers/paper.ts";
import { intentWith } from "../support/ledger/samples.ts";
import { placed as reserved } from "../support/workers/ledger.ts";

vi.setConfig({ testTimeout: 60_000 });

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(async () => {
  await reset();
});

const ledger = () => riskLedger(env, "main");
const paper = exchange("paper");

/** One SDK stream over the Worker's own door, and everything that it told. */
function client(key: string, instruments: string[]) {
  const events: StreamEvent[] = [];
  const markets: string[] = [];
  const stream = new Stream({
    url: "http://localhost/v1/stream?format=compact",
    key,
    channels: ["orders", "risk"],
    open: async (url) => {
      const headers = { upgrade: "websocket", authorization: `Bearer ${key}` };
      const response = await exports.default.fetch(new Request(url, { headers }));
      const { webSocket } = response;
      if (!webSocket) throw new Error(`refused with ${response.status}: ${await response.text()}`);
      webSocket.addEventListener("message", ({ data }) => {
        const frame = JSON.parse(String(data)) as { type: string; market: string };
        if (frame.type === "welcome") markets.push(frame.market);
      });
      // The SDK listens for the opening; here it is open from the start.
      const socket: SocketLike = {
        send: (text) => webSocket.send(text),
        close: (code, reason) => webSocket.close(code, reason),
        addEventListener: (type: string, listener: (event: never) => void) => {
          webSocket.addEventListener(type as "message", listener as () => void);
          if (type === "open") (listener as () => void)();
          if (type === "close") webSocket.accept();
        },
      };
      return socket;
    },
    timing: { ...TIMING, reconnectBaseDelayMs: 5_000 },
    random: () => 1,
    probe: async () => {},
    onEvent: (event) => void events.push(event),
  });
  const ended = stream.run();
  ended.catch(() => {});
  stream.subscribe(instruments, { interval: "1m", history: null, mode: "quote" }).catch(() => {});
  const of = <Kind extends StreamEvent["kind"]>(kind: Kind) =>
    events.filter((event): event is Extract<StreamEvent, { kind: Kind }> => event.kind === kind);
  return { stream, events, markets, ended, of };
}

/** Orders that are reserved and sent nowhere, named by their number: one event each. */
async function placed(count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n += 1)
    await reserved({ clientOrderId: `o-${n}`, quantity: "1" });
}

/** Ticks that do not rise, and steps of more than one that no gap before them announced. */
function tickFaults(events: readonly StreamEvent[]): string[] {
  const last = new Map<string, number>();
  const faults: string[] = [];
  let isAnnounced = false;
  for (const event of events) {
    if (event.kind === "gap") isAnnounced = true;
    if (event.kind !== "ticks") continue;
    for (const { instrument, seq } of event.ticks) {
      const seen = last.get(instrument) ?? seq - 1;
      if (seq <= seen || (seq > seen + 1 && !isAnnounced))
        faults.push(`${instrument}: ${seen}, ${seq}`);
      last.set(instrument, seq);
    }
  }
  return faults;
}

test("drained under load, a client comes back elsewhere at once: every order event once, ticks rising, the hole announced", async () => {
  await paper.control("/market", { ticksPerSecond: 400 });
  const key = await makeKey(["read", "admin"]);
  const one = client(key, ["NSE:INFY", "NSE:TCS"]);
  await until(() => one.of("ticks").length > 5 && one.of("orders_caught_up").length === 1);
  const other = await openAlgo("?socketsMax=250");
  await other.ask({ op: "subscribe", channel: "orders" });
  await placed(10);
  const before = one.of("ticks").length;
  const load = placed(30, 10);
  const drained = await marketManager(env).drain("m1", { close: "now", by: "p", reason: "a test" });
  expect(drained.ok).toBe(true);
  await load;
  await until(() => one.markets.length === 2, 4_000);
  expect(one.markets).toEqual(["m1", "m2"]);
  await until(() => one.of("orders_caught_up").length === 2);
  await placed(5, 40);
  const { version } = await ledger().status();
  const all = (await ledger().follow("test", { since: 0, algoId: null })).notices;
  expect(all.length).toBeGreaterThanOrEqual(45);
  await until(() => one.of("order").at(-1)?.version === all.at(-1)?.version);
  expect(version).toBeGreaterThanOrEqual(all.at(-1)?.version ?? 0);
  // Every event, once, in order, each order as it stood then.
  expect(one.of("order").map((event) => event.version)).toEqual(
    all.map((notice) => notice.version),
  );
  expect(one.of("order").map(({ order }) => order)).toEqual(all.map(({ order }) => order as Order));

  await until(() => one.of("ticks").length > before + 20);
  expect(one.of("gap").filter(({ gap }) => gap.provider === "stream")).toHaveLength(1);
  expect(tickFaults(one.events)).toEqual([]);
  const ticking = one.of("ticks").flatMap(({ ticks }) => ticks.map(({ instrument }) => instrument));
  expect([...new Set(ticking)].sort()).toEqual(["NSE:INFY", "NSE:TCS"]);
  expect(one.of("risk").length).toBeGreaterThan(1);
  one.stream.stop();
  await one.ended;
});

test("a revoked key ends the client's stream for good", async () => {
  const key = await makeKey(["read"], "alpha");
  const one = client(key, ["NSE:INFY"]);
  await until(() => one.of("orders_caught_up").length === 1);
  const [, id = ""] = /^tl_([0-9a-f]+)_/.exec(key) ?? [];
  expect(await marketManager(env).closeKey(id)).toEqual({ closed: 1, unreached: [] });
  await expect(one.ended).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a client that was away is told each event since, as the order stood then; beyond the bound it is told to read the list", async () => {
  await placed(3);
  const from = (await ledger().status()).version;
  await ledger().requestCancel("o-1", "person:a");
  await placed(1, 3);
  const algo = await openAlgo();
  const answer = await algo.ask({ op: "subscribe", channel: "orders", since: from });
  expect(answer).toMatchObject({ complete: true, version: (await ledger().status()).version });
  const seen = algo.of("order").map(({ order }) => [order.clientOrderId, order.state]);
  expect(seen).toEqual([
    ["o-1", "pending_cancel"],
    ["o-3", "pending_new"],
  ]);
  const ahead = await algo.ask({ op: "subscribe", channel: "orders", since: from + 1_000_000 });
  expect(ahead).toMatchObject({ complete: false });
  expect(ORDERS_CATCH_UP_MAX).toBe(1_000);
});

test("events that a market missed are asked for when the next one shows the hole", async () => {
  const algo = await openAlgo();
  await algo.ask({ op: "subscribe", channel: "orders" });
  await placed(1);
  await until(() => algo.of("order").length === 1);
  // The ledger dies with what it had still to tell; here the market is left out of it.
  await ledger().unfollow("m1");
  await placed(3, 1);
  await ledger().follow("m1", { since: null, algoId: null });
  await placed(1, 4);
  await until(() => algo.of("order").length === 5);
  const ids = algo.of("order").map(({ order }) => order.clientOrderId);
  expect(ids).toEqual(["o-0", "o-1", "o-2", "o-3", "o-4"]);
  await evictDurableObject(env.RISK_LEDGER.getByName("main"));
  const { notices } = await ledger().follow("test", { since: 0, algoId: null });
  expect(notices.map(({ version }) => version)).toEqual(
    algo.of("order").map((frame) => frame.version),
  );
});

test("the risk channel begins with the figures as they stand, and names each algo and what it holds", async () => {
  await placed(2);
  const algo = await openAlgo();
  await algo.ask({ op: "subscribe", channel: "risk" });
  const [first] = algo.of("risk");
  const { algoId, instrument } = intentWith();
  expect(first?.risk).toMatchObject({
    openOrders: 2,
    exposureLeftOut: 0,
    algos: [{ algoId, openOrders: 2 }],
    exposure: [{ algoId, instrument, openBuyQuantity: "2" }],
  });
  expect(first?.risk.moneyAtRisk).toBe(first?.risk.algos[0]?.moneyAtRisk);
});
