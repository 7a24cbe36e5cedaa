import { expect, test } from "vitest";
import {
  type FillTrades,
  type GapHost,
  GapFiller,
} from "../../../durable-objects/feed-shard.gaps.ts";
import type { LinkGap } from "../../../src/contract/link.ts";
import type { MarkedCandle } from "../../../src/domain/candle-join.ts";
import {
  GAP_FILL_BARS_MAX,
  GAP_FILL_CALLS_MAX,
  GAP_FILL_TRIES_MAX,
  GAP_FILLS_WAITING_MAX,
} from "../../../src/domain/feed-limits.ts";
import { err, ok } from "../../../src/domain/result.ts";
import { until } from "../../support/until.ts";

const T = 1_795_236_720_000;
const gap: LinkGap = { instruments: ["X:A"], from: T + 5, to: T + 70_000, reason: "down" };

const bar = (time: number, mark: MarkedCandle["mark"]): MarkedCandle => ({
  time,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: 1,
  mark,
});

const answer = async (last: MarkedCandle["mark"]) =>
  ok({ bars: [bar(T, "late"), bar(T + 60_000, last)], live: [] });

type Ask = GapHost["manager"] extends () => infer M
  ? M extends { candleBase: infer F }
    ? F
    : never
  : never;

/** The nth of many short ones. */
const gapAt = (n: number): LinkGap => ({ ...gap, from: T + n * 10, to: T + n * 10 + 5 });

const NO_TICKS: FillTrades = async () => err("none are given");

async function filled(
  candleBase: Ask,
  gaps = [gap],
  trades = NO_TICKS,
  onFilled: (gap: unknown) => void = () => {},
): Promise<LinkGap[]> {
  const told: LinkGap[] = [];
  const filler = new GapFiller({
    manager: () => ({ candleBase }),
    isHeld: () => true,
    trades: () => trades,
    filled: (_, one) => onFilled(one),
    tell: (one) => void told.push(one),
    pause: async () => {},
    log: () => {},
  });
  filler.fill(gaps);
  const size = gaps.flatMap(({ instruments }) => instruments).length;
  await until("all are told", () => told.length === size);
  return told;
}

test("lesson 51: a gap without ticks is told again as filled with the broker's bars, and why there are no ticks", async () => {
  const asked: unknown[] = [];
  const told = await filled(async (request) => {
    asked.push(request);
    const bars = [bar(T, "late"), bar(T + 60_000, "late"), bar(T + 120_000, null)];
    return ok({ bars, live: [] });
  });
  expect(told).toEqual([
    {
      ...gap,
      filled: true,
      filledWith: "bars",
      reason: "down; no ticks: none are given",
      candles: [bar(T, "late"), bar(T + 60_000, "late")],
    },
  ]);
  const { from, to } = gap;
  expect(asked).toEqual([{ instrument: "X:A", interval: "1m", from: T, to, gap: { from, to } }]);
});

test("a history that cannot be had is asked for again, then told as not filled, with the reason", async () => {
  let asked = 0;
  const refusal = { code: "UNAVAILABLE", message: "no answer", details: null } as const;
  const [told] = await filled(async () => {
    asked += 1;
    if (asked === 2) throw new Error("gone");
    return err(refusal);
  });
  expect(asked).toBe(GAP_FILL_TRIES_MAX);
  expect(told).toEqual({
    ...gap,
    filled: false,
    reason: "down; no answer; no ticks: none are given",
  });
});

test("minutes that the broker has no bar of are asked for again, and are no filling", async () => {
  let asked = 0;
  const [told] = await filled(async () => answer((asked += 1) < 3 ? "partial" : "late"));
  expect(told).toMatchObject({ filled: true });
  const [never] = await filled(async () => answer("partial"));
  expect(never).toMatchObject({
    filled: false,
    reason: "down; the broker has no bar of 1 of its minutes; no ticks: none are given",
  });
});

test("a long gap of many instruments asks for few at a time, and for its last hour", async () => {
  let [running, most] = [0, 0];
  const froms = new Set<number>();
  const instruments = Array.from({ length: 20 }, (_, n) => `X:I${n}`);
  const long = { ...gap, instruments, from: T - 86_400_000, to: T };
  await filled(
    async ({ from }) => {
      running += 1;
      most = Math.max(most, running);
      froms.add(from);
      await Promise.resolve();
      running -= 1;
      return ok({ bars: [], live: [] });
    },
    [long],
  );
  expect(most).toBe(GAP_FILL_CALLS_MAX);
  expect([...froms]).toEqual([T - GAP_FILL_BARS_MAX * 60_000]);
});

test("lesson 51: a gap whose trades were told is filled with ticks, whether or not the broker has its bars", async () => {
  const steps: unknown[] = [];
  const trades: FillTrades = async () => {
    steps.push("ticks");
    return ok(7);
  };
  const bars: Ask = async (request) => {
    steps.push(request.gap);
    return answer("late");
  };
  const told = await filled(bars, [gap], trades, (one) => steps.push(["kept", one]));
  const { from, to } = gap;
  const kept = { from, to, isFilled: true };
  // The bars are read when the trades are in them, and by a manager that knows it.
  expect(steps).toEqual(["ticks", ["kept", kept], kept]);
  expect(told).toEqual([
    {
      ...gap,
      filled: true,
      filledWith: "ticks",
      lateTicks: 7,
      candles: [bar(T, "late"), bar(T + 60_000, "late")],
    },
  ]);
  const refusal = { code: "UNAVAILABLE", message: "no answer", details: null } as const;
  const [bare] = await filled(async () => err(refusal), [gap], trades);
  expect(bare).toEqual({
    ...gap,
    filled: true,
    filledWith: "ticks",
    lateTicks: 7,
    reason: "down; no answer",
  });
});

test("however often a line flaps before its history comes, few fills wait, and the last of them takes in the rest", async () => {
  const told: LinkGap[] = [];
  const watched: number[] = [];
  const asked: unknown[] = [];
  const { promise: held, resolve: go } = Promise.withResolvers<void>();
  const filler = new GapFiller({
    manager: () => ({
      candleBase: async ({ gap: one }) => {
        await held;
        asked.push(one);
        return ok({ bars: [bar(T, "late")], live: [] });
      },
    }),
    isHeld: () => true,
    trades: (_, { from }) => {
      watched.push(from);
      return async () => ok(1);
    },
    filled: () => {},
    tell: (one) => void told.push(one),
    pause: async () => {},
    log: () => {},
  });
  const lose = (...gaps: LinkGap[]) => filler.fill(gaps);
  lose(gapAt(0));
  // Its turn has come: it is under way.
  await Promise.resolve();
  for (let n = 1; n < 100; n += 1) lose(gapAt(n));
  expect(watched).toHaveLength(1 + GAP_FILLS_WAITING_MAX);
  go();
  await until("all are told", () => told.length === 1 + GAP_FILLS_WAITING_MAX);
  const spans = told.map(({ from, to }) => [from, to]);
  expect(spans).toEqual([
    ...[0, 1, 2].map((n) => [gapAt(n).from, gapAt(n).to]),
    [gapAt(3).from, gapAt(99).to],
  ]);
  expect(told.map(({ filledWith }) => filledWith)).toEqual(["ticks", "ticks", "ticks", "bars"]);
  expect(told.at(-1)?.reason).toBe("down; no ticks: the line broke again before its turn");
  // What comes later waits for its own turn again.
  lose(gapAt(100));
  await until("it is told", () => told.length === 2 + GAP_FILLS_WAITING_MAX);
  expect(told.at(-1)).toMatchObject({ from: gapAt(100).from, filledWith: "ticks" });
});

test("a gap whose instrument moves to another shard is told as not filled before it moves, once, whether its fill waits or is under way", async () => {
  const told: LinkGap[] = [];
  const { promise: held, resolve: go } = Promise.withResolvers<void>();
  let asked = 0;
  const filler = new GapFiller({
    manager: () => ({
      candleBase: async () => {
        asked += 1;
        await held;
        return answer("late");
      },
    }),
    isHeld: () => true,
    trades: () => NO_TICKS,
    filled: () => {},
    tell: (one) => void told.push(one),
    pause: async () => {},
    log: () => {},
  });
  const lose = (...gaps: LinkGap[]) => filler.fill(gaps);
  lose(gap, { ...gap, instruments: ["X:B"] }, { ...gap, from: T + 10 });
  await until("the first is under way", () => asked === 1);
  filler.release(["X:A"]);
  const reason = "down; the instrument moved to another shard";
  expect(told).toEqual([
    { ...gap, filled: false, reason },
    { ...gap, from: T + 10, filled: false, reason },
  ]);
  go();
  await until("the other is told", () => told.length > 2);
  expect(told.slice(2)).toMatchObject([{ instruments: ["X:B"], filled: true }]);
  // The one that waited is asked for no more: the next gap's turn comes at once.
  lose({ ...gap, instruments: ["X:C"] });
  await until("the next is told", () => told.length > 3);
  expect(asked).toBe(3);
  filler.release(["X:A", "X:B"]);
  expect(told).toHaveLength(4);
});

test("a gap whose instrument moves while its trades are told says how many were", async () => {
  const told: LinkGap[] = [];
  let isTelling = false;
  const filler = new GapFiller({
    manager: () => ({ candleBase: async () => answer("late") }),
    isHeld: () => true,
    trades: () => (progress) => {
      Object.assign(progress, { told: 250, size: 600 });
      isTelling = true;
      return new Promise(() => {});
    },
    filled: () => {},
    tell: (one) => void told.push(one),
    pause: async () => {},
    log: () => {},
  });
  const lose = (...gaps: LinkGap[]) => filler.fill(gaps);
  lose(gap);
  await until("they are told", () => isTelling);
  filler.release(["X:A"]);
  const reason = "down; only 250 of 600 trades were told: the instrument moved to another shard";
  expect(told).toEqual([{ ...gap, filled: false, reason }]);
});

test("trades that cannot be asked for leave the bars", async () => {
  const [told] = await filled(
    async () => answer("late"),
    [gap],
    async () => {
      throw new Error("broke");
    },
  );
  expect(told).toMatchObject({ filledWith: "bars", reason: "down; no ticks: Error: broke" });
});
