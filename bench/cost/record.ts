/** Runs the platform with counters and says what a month is made of. */
import { measure, pause } from "../load/measure.ts";
import { startServer } from "../load/servers.ts";
import { range } from "../cases/case.ts";
import type { Counts } from "../lib/counting.ts";
import type { RecordedRun } from "./recorded.ts";

export interface RecordOptions {
  instruments: number;
  ticks: number;
  algos: number;
  /** The steady part; a whole minute and more, so that what happens once a minute is in it. */
  seconds: number;
}

const IDLE_SECONDS = 20;

/** The shards of a deployment that nobody has set otherwise. */
const SHARDS = 2;

const INSTRUMENTS_PER_ALGO = 100;

function since(before: Counts, after: Counts): Counts {
  const changed = Object.entries(after).flatMap(([name, count]): [string, number][] => {
    const more = count - (before[name] ?? 0);
    return more === 0 ? [] : [[name, more]];
  });
  return Object.fromEntries(changed.toSorted(([a], [b]) => a.localeCompare(b)));
}

export async function record(options: RecordOptions): Promise<RecordedRun> {
  const { instruments, ticks, algos, seconds } = options;
  const server = await startServer("trunkline", { instruments, isCounting: true });
  const runtime = server?.runtime;
  if (!server || !runtime) throw new Error("the platform did not start");
  try {
    const start = await runtime.counts();
    await runtime.fireCron();
    await pause(IDLE_SECONDS * 1_000);
    const idle = await runtime.counts();
    const step = Math.max(1, Math.floor(instruments / algos));
    const list = (algo: number): number[] =>
      range(Math.min(INSTRUMENTS_PER_ALGO, instruments)).map(
        (n) => (algo * step + n) % instruments,
      );
    let opened: Counts = {};
    let before: Counts = {};
    let after: Counts = {};
    await measure(server, {
      lists: range(algos).map(list),
      ticking: range(instruments),
      ticksPerSecond: instruments * ticks,
      opened: async () => {
        opened = await runtime.counts();
      },
      phases: {
        steady: async () => {
          before = await runtime.counts();
          for (let left = seconds; left > 0; left -= 60) {
            await runtime.fireCron();
            await pause(Math.min(60, left) * 1_000);
          }
          after = await runtime.counts();
        },
      },
    });
    return {
      at: new Date().toISOString(),
      instruments,
      ticks,
      algos,
      shards: SHARDS,
      markets: 1,
      idle: { seconds: IDLE_SECONDS, counts: since(start, idle) },
      opening: { counts: since(idle, opened) },
      steady: { seconds, counts: since(before, after) },
    };
  } finally {
    await server.stop();
  }
}
