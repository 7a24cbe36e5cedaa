import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ROOT, toolEnvironment } from "../../scripts/lib/paths.ts";
import { runAlgo, type AlgoContext, type Gap, type OrderView, type Tick } from "../../sdk/index.ts";
import { type CutLine, cutLineBefore } from "../support/cut-line.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INFY = "NSE:INFY";
const BTC = "KRAKEN:BTC/USD";
const MINUTE_MS = 60_000;

let platform: Platform;
let line: CutLine;

beforeAll(async () => {
  platform = await startPlatform();
  line = await cutLineBefore(platform);
  // The watchdog has the gateway read its balances; nobody fires the cron here.
  await fetch(`${platform.url}/cdn-cgi/local/scheduled`);
});

afterAll(async () => {
  await line?.close();
  await platform?.stop();
});

interface Running {
  algo: AlgoContext;
  ticks: Tick[];
  gaps: Gap[];
  orders: OrderView[];
  lines: string[];
}

/** An algo of its own name and key, behind the line that can be cut; it ends with the test. */
async function startAlgo(id: string, instruments: string[], history?: number): Promise<Running> {
  const key = await platform.key(id, ["read", "trade"], id);
  const seen: Omit<Running, "algo"> = { ticks: [], gaps: [], orders: [], lines: [] };
  const stop = new AbortController();
  let context: AlgoContext | null = null;
  const ended = runAlgo({
    id,
    key,
    url: line.url,
    instruments,
    history,
    signal: stop.signal,
    stopOnSignals: false,
    logger: ({ message }) => void seen.lines.push(message),
    onStart: (algo) => void (context = algo),
    onTick: (_algo, tick) => void seen.ticks.push(tick),
    onGap: (_algo, gap) => void seen.gaps.push(gap),
    onOrder: (_algo, order) => void seen.orders.push(order),
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const algo = await until(`the algo ${id} to start`, () => context);
  return { algo, ...seen };
}

function expectRising(ticks: readonly Tick[]): void {
  const last = new Map<string, number>();
  for (const { instrument, seq } of ticks) {
    expect(seq).toBeGreaterThan(last.get(instrument) ?? 0);
    last.set(instrument, seq);
  }
}

describe("market data", () => {
  test("history and live ticks come over one socket, and are one array of candles", async () => {
    const { algo, ticks } = await startAlgo("data", [INFY, BTC], 100);
    const times = algo.candles(INFY).map((candle) => candle.time);
    expect(times).toHaveLength(100);
    expect(times.every((time, index) => time - (times[0] ?? 0) === index * MINUTE_MS)).toBe(true);
    await until("live ticks", () => ticks.filter((tick) => !tick.snapshot).length > 20);
    expectRising(ticks);
    const last = ticks.findLast((tick) => tick.instrument === BTC);
    const bar = algo.candles(BTC).at(-1);
    expect(bar?.low).toBeLessThanOrEqual(last?.last ?? 0);
    expect(bar?.high).toBeGreaterThanOrEqual(last?.last ?? 0);
    // The seam lies near the live price: history and ticks are one market.
    const before = algo.candles(BTC).at(-2)?.close ?? 0;
    expect(Math.abs((last?.last ?? 0) / before - 1)).toBeLessThan(0.01);
  });

  test("an unknown instrument is refused by name, and the known ones go on", async () => {
    const { algo, ticks } = await startAlgo("names", [INFY]);
    await expect(algo.subscribe(["NSE:INFI"])).rejects.toMatchObject({
      code: "UNKNOWN_INSTRUMENT",
      details: { instruments: ["NSE:INFI"] },
    });
    const before = ticks.length;
    await until("further ticks", () => ticks.length > before + 5);
  });

  test("when the broker's line breaks, the gap is told and ticks go on in order", async () => {
    const { ticks, gaps, algo } = await startAlgo("gap", [INFY, BTC], 20);
    await until("ticks", () => ticks.length > 10);
    await platform.post("/v1/paper/faults", { fault: "drop_feed_socket" });
    await until("the gap", () => gaps.some((gap) => gap.provider === "paper"));
    const at = ticks.length;
    await until(
      "ticks of both",
      () => new Set(ticks.slice(at).map((t) => t.instrument)).size === 2,
    );
    expectRising(ticks);
    const times = algo.candles(INFY).map((candle) => candle.time);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
  });

  test("when the algo's own line breaks, it comes back by itself and says what it missed", async () => {
    const { ticks, gaps, lines } = await startAlgo("cut", [INFY], 20);
    await until("ticks", () => ticks.length > 5);
    const at = ticks.length;
    line.cut();
    await until("ticks after the cut", () => ticks.length > at + 5);
    expect(gaps.map((gap) => gap.provider)).toContain("stream");
    expect(lines.join("\n")).toMatch(/no line to Trunkline/);
    expectRising(ticks);
  });

  test("a hundred subscribes at once are paced, not lost", async () => {
    const { algo } = await startAlgo("burst", []);
    const listed = await algo.client.instruments();
    const wanted = listed.slice(0, 100).map((instrument) => instrument.id);
    await Promise.all(wanted.map((instrument) => algo.subscribe([instrument])));
    expect(algo.instruments).toHaveLength(100);
  });

  test("a key that is no key ends the algo with the platform's own words", async () => {
    const running = runAlgo({
      id: "stranger",
      key: "tl_0000000000000000_nothing",
      url: platform.url,
      stopOnSignals: false,
      logger: () => {},
    });
    await expect(running).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

describe("orders", () => {
  const BUY = { instrument: INFY, side: "buy", type: "market", quantity: 2 } as const;

  test("an order is accepted, told of, filled and held", async () => {
    const { algo, orders } = await startAlgo("orders", [INFY]);
    const outcome = await algo.submit(BUY);
    expect(outcome).toMatchObject({ outcome: "accepted" });
    const filled = await algo.waitFor(outcome.clientOrderId, "filled");
    expect(filled).toMatchObject({ quantity: "2", filledQuantity: "2" });
    await until("onOrder", () => orders.some((order) => order.state === "filled"));
    expect(await algo.positions()).toMatchObject([{ instrument: INFY, quantity: "2" }]);
    expect(algo.openOrders).toEqual([]);
    // The same again is the same order; another body under its id is refused.
    expect(await algo.submit({ ...BUY, clientOrderId: outcome.clientOrderId })).toMatchObject({
      outcome: "accepted",
      order: { brokerOrderId: filled.brokerOrderId },
    });
    expect(
      await algo.submit({ ...BUY, quantity: 3, clientOrderId: outcome.clientOrderId }),
    ).toMatchObject({ outcome: "refused", code: "DUPLICATE_INTENT" });
    expect(await algo.positions()).toMatchObject([{ quantity: "2" }]);
  });

  test("a refusal comes with its facts", async () => {
    const { algo } = await startAlgo("refused", [INFY]);
    expect(await algo.submit({ ...BUY, quantity: 900_000 })).toMatchObject({
      outcome: "refused",
      code: "ORDER_NOTIONAL",
      facts: { limit: expect.any(String), asked: expect.any(String), scope: "portfolio" },
    });
    expect(await algo.submit({ ...BUY, instrument: "NSE:INFI" })).toMatchObject({
      outcome: "refused",
    });
    expect(await algo.submit({ ...BUY, quantity: 0.5 })).toMatchObject({
      outcome: "refused",
      code: "QUANTITY_OFF_GRID",
    });
  });

  test("a resting order is changed and canceled", async () => {
    const { algo } = await startAlgo("resting", [INFY]);
    const tick = await until("a price", () => algo.quotes.get(INFY)?.last);
    const resting = { ...BUY, type: "limit", limitPrice: Math.floor(tick * 0.97) } as const;
    const { clientOrderId, outcome } = await algo.submit(resting);
    expect(outcome).toBe("accepted");
    await algo.waitFor(clientOrderId, "new");
    expect(await algo.modify(clientOrderId, { quantity: 3 })).toMatchObject({
      outcome: "accepted",
    });
    await algo.waitFor(clientOrderId, (order) => order.quantity === "3");
    expect(await algo.cancel(clientOrderId)).toMatchObject({ outcome: "accepted" });
    expect(await algo.waitFor(clientOrderId)).toMatchObject({ state: "canceled" });
    expect(await algo.cancel(clientOrderId)).toMatchObject({ code: "ORDER_NOT_LIVE" });
  });

  test("an order whose answer is lost on the line is found again, and is one order", async () => {
    const { algo } = await startAlgo("lost", [INFY]);
    const before = (await platform.paper()).ordersReceived;
    line.loseAnswer("HTTP/1.1 201");
    const outcome = await algo.submit(BUY);
    expect(line.lost()).toBe(1);
    expect(outcome).toMatchObject({ outcome: "accepted" });
    await algo.waitFor(outcome.clientOrderId, "filled");
    expect((await platform.paper()).ordersReceived).toBe(before + 1);
    expect(await algo.positions()).toMatchObject([{ quantity: "2" }]);
  });

  test("an order that the broker took without answering is found, and is one order", async () => {
    const { algo } = await startAlgo("timeout", [INFY]);
    const before = (await platform.paper()).ordersReceived;
    await platform.post("/v1/paper/faults", { fault: "error_5xx_after_accept" });
    const { clientOrderId, outcome } = await algo.submit(BUY);
    expect(["accepted", "unknown"]).toContain(outcome);
    await algo.waitFor(clientOrderId, "filled", 60_000);
    expect((await platform.paper()).ordersReceived).toBe(before + 1);
  });

  test("an order that the broker rejects is refused", async () => {
    const { algo } = await startAlgo("rejected", [INFY]);
    await platform.post("/v1/paper/faults", { fault: "reject_order" });
    const outcome = await algo.submit(BUY);
    expect(outcome).toMatchObject({ outcome: "refused", code: "BROKER_REJECTED" });
  });
});

describe("the examples", () => {
  test.each(["moving-average", "mean-reversion"])(
    "%s trades, and stops cleanly on TERM",
    async (name) => {
      const key = await platform.key(name, ["read", "trade"], name);
      const env = toolEnvironment({ TRUNKLINE_URL: platform.url, TRUNKLINE_KEY: key });
      const child = spawn("node", [join(ROOT, "examples", name, "main.ts")], { env });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const ended = new Promise((resolve) => child.once("exit", resolve));
      onTestFinished(() => void child.kill("SIGKILL"));
      await until("a fill", () => /(?:buy|sell) \S+ filled/.test(output), 90_000);
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
      expect(output).toMatch(name === "mean-reversion" ? /nothing is held/ : /positions stay/);
      const open = await platform.get<{ items: unknown[] }>(`/v1/orders?open=true&algoId=${name}`);
      expect(open.items).toEqual([]);
      interface Held {
        items: { algoId: string; quantity: string }[];
      }
      const { items } = await platform.get<Held>("/v1/positions");
      const held = items.filter((each) => each.algoId === name && each.quantity !== "0");
      expect(name === "mean-reversion" ? held : []).toEqual([]);
    },
  );
});
