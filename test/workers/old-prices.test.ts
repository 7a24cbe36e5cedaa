/** A price is as old as its exchange says: what was seen long ago opens nothing, however lately it arrived. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { freshMark } from "../../src/application/fresh-mark.ts";
import { submitOrder } from "../../src/application/submit-order.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import type { RecordedTick } from "../../src/contract/paper.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { orderPorts } from "../../src/platform/wiring.ts";
import { openAlgo } from "../support/workers/algo.ts";
import { ALGO, startFlow, until } from "../support/workers/orders.ts";

vi.setConfig({ testTimeout: 40_000 });
afterEach(() => reset());

const XBT = "KRAKEN:XBT/USDT";
/** A November of the past. */
const RECORDED = 1_762_795_433_000;

/** Through the real ports: the price is the one that the feed gives. */
const buy = async (clientOrderId: string) => {
  const request = orderRequest.parse({
    clientOrderId,
    account: "paper",
    instrument: XBT,
    side: "buy",
    type: "limit",
    quantity: 0.001,
    limitPrice: 100_000,
    timeInForce: "day",
  });
  return submitOrder(orderPorts(env), ALGO, request, Date.now());
};

test("an entry is refused on a snapshot of a trade that is old, though it has just arrived", async () => {
  const { paper } = await startFlow();
  const manager = brokerManager(env, "paper");
  await until(async () => (await freshMark(manager, XBT)) !== null);
  await paper.control("/market", { ticksPerSecond: 0 });
  const stood = Date.now();
  // Nobody watches it while it stands still: the next to ask is brought a snapshot.
  await until(() => Date.now() - stood > 6_000);
  const mark = await freshMark(manager, XBT);
  expect(mark).toMatchObject({ instrument: XBT, stale: true });
  expect(Date.now() - (mark?.time ?? 0)).toBeGreaterThan(6_000);
  expect(await buy("old-1")).toMatchObject({ ok: false, error: { code: "STALE_PRICE" } });
});

/** A thousand trades, one so often, ms of the recorded clock. */
const recording = (everyMs: number): RecordedTick[] =>
  Array.from({ length: 1_000 }, (_, index) => ({
    instrument: XBT,
    time: RECORDED + index * everyMs,
    price: 100_000,
    quantity: 0.001,
  }));

test.for([1, 200])(
  "a recording of last year can be traded at speed %d: its exchange says what its clock is",
  async (speed) => {
    const { paper } = await startFlow();
    // Seeded prices of today come first, and are forgotten when the clock is set back.
    const algo = await openAlgo();
    await algo.subscribe([XBT]);
    await until(() => algo.ticks().length > 3);
    await paper.control("/replay", { op: "load", fresh: true, ticks: recording(50 * speed) });
    await paper.control("/replay", { op: "start", speed });
    await until(() => algo.ticks().filter(({ bid }) => bid === null).length > 3);
    const [quote] = await brokerManager(env, "paper").quotes([XBT]);
    expect(quote).toMatchObject({ freshness: "fresh" });
    expect(quote?.exchangeTime).toBeLessThan(RECORDED + 24 * 3_600_000);
    expect(await buy(`recorded-${speed}`)).toMatchObject({ ok: true });
  },
);
