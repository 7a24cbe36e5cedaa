/** Starts an algo against a fake platform, with short times, and remembers what its handlers were told. */
import { onTestFinished } from "vitest";
import type { AlgoContext, AlgoHandlers, AlgoOptions } from "../../src/context.ts";
import type { Tick } from "../../src/decode.ts";
import { Engine } from "../../src/engine.ts";
import type { Timing } from "../../src/limits.ts";
import type { Gap } from "../../src/stream-events.ts";
import type { OrderView } from "../../../src/contract/orders.ts";
import { until } from "../../../test/support/until.ts";
import { FakePlatform } from "./fake-platform.ts";

export const SHORT: Partial<Timing> = {
  reconnectBaseDelayMs: 5,
  reconnectMaxDelayMs: 20,
  pingIntervalMs: 20,
  silenceMaxMs: 2_000,
  repairIntervalMs: 10,
  subscribeTimeoutMs: 2_000,
  orderTimeoutMs: 300,
  lookUpDeadlineMs: 400,
  lookUpPauseMs: 10,
  orderCheckIntervalMs: 60_000,
  stopTimeoutMs: 500,
};

export interface Seen {
  ticks: Tick[];
  gaps: Gap[];
  orders: OrderView[];
  lines: string[];
  statuses: string[];
}

export async function startFake(): Promise<FakePlatform> {
  const platform = new FakePlatform();
  await platform.start();
  onTestFinished(() => platform.stop());
  return platform;
}

export interface Started {
  algo: AlgoContext;
  seen: Seen;
  /** Settles as `run` does. */
  ended: Promise<void>;
}

/** Resolves once `onStart` has returned; the algo is stopped with the test. */
export async function startAlgo(
  platform: { url: string },
  handlers: AlgoHandlers | ((algo: AlgoContext) => AlgoHandlers) = {},
  options: Partial<AlgoOptions> = {},
): Promise<Started> {
  const seen: Seen = { ticks: [], gaps: [], orders: [], lines: [], statuses: [] };
  let own: AlgoHandlers = {};
  let started = false;
  const algo = new Engine(
    {
      url: platform.url,
      key: "tl_test",
      algoId: "test-algo",
      stopOnSignals: false,
      logger: ({ message }) => void seen.lines.push(message),
      ...options,
      timing: { ...SHORT, ...options.timing },
    },
    {
      async onStart() {
        await own.onStart?.();
        started = true;
      },
      async onTick(tick) {
        seen.ticks.push(tick);
        await own.onTick?.(tick);
      },
      async onGap(gap) {
        seen.gaps.push(gap);
        await own.onGap?.(gap);
      },
      async onOrder(order) {
        seen.orders.push(order);
        await own.onOrder?.(order);
      },
      async onStatus(status) {
        seen.statuses.push(`${status.subject} ${status.state}`);
        await own.onStatus?.(status);
      },
      onCandle: (candle) => own.onCandle?.(candle),
      onLagging: (lagging) => own.onLagging?.(lagging),
      onSignal: (signal) => own.onSignal?.(signal),
      onStop: () => own.onStop?.(),
    },
  );
  own = typeof handlers === "function" ? handlers(algo) : handlers;
  let over = false;
  const ended = algo.run().finally(() => (over = true));
  ended.catch(() => {});
  onTestFinished(async () => {
    algo.stop("the test is over");
    await ended.catch(() => {});
  });
  await until("the algo to start", () => started || over, 5_000);
  return { algo, seen, ended };
}

export const startSubscribed = (platform: FakePlatform, instruments: string[]): Promise<Started> =>
  startAlgo(platform, (algo) => ({ onStart: () => algo.subscribe(instruments) }));
