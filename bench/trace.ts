/**
 * Says where an order's time goes: loads the bare runtime at a rate and prints how long the orders took
 * from door to door, all of them and the slowest, and when the slowest were due.
 * `node bench/trace.ts [orders a second] [seconds] [seconds of warm-up] [within|apart]`
 */
import { trunkline } from "./cases/order-case.ts";
import { Child } from "./lib/child.ts";
import { TRACE_PATH } from "./lib/entry.ts";
import { cpuSeconds } from "./lib/processes.ts";
import { startRuntime } from "./lib/runtime.ts";
import type { LoadAnswer, LoadMessage } from "./orders/load.ts";

const DOORS = [
  "due",
  "worker in",
  "place in",
  "reserve in",
  "reserve out",
  "exchange in",
  "exchange out",
  "post in",
  "post out",
  "place out",
  "worker out",
  "answered",
] as const;

type Doors = Record<string, number>;

const SLOWEST = 0.02;

const at = (sorted: number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0).toFixed(2);

const whole = (doors: Doors): number => (doors["answered"] ?? 0) - (doors["due"] ?? 0);

function print(orders: Doors[]): void {
  const bySlowness = orders.toSorted((a, b) => whole(b) - whole(a));
  const slowest = bySlowness.slice(0, Math.max(1, Math.round(orders.length * SLOWEST)));
  console.log("until          p50     p90     p99   slowest's mean   (ms since the door before)");
  for (const [place, door] of DOORS.entries()) {
    const before = DOORS[place - 1];
    if (before === undefined) continue;
    const took = (doors: Doors): number => (doors[door] ?? NaN) - (doors[before] ?? NaN);
    const times = orders.map(took).toSorted((a, b) => a - b);
    const mean = slowest.reduce((sum, each) => sum + took(each), 0) / slowest.length;
    const cells = [0.5, 0.9, 0.99].map((share) => at(times, share).padStart(8));
    console.log(door.padEnd(12), ...cells, mean.toFixed(2).padStart(10));
  }
  const times = orders.map(whole).toSorted((a, b) => a - b);
  console.log("whole".padEnd(12), ...[0.5, 0.9, 0.99].map((share) => at(times, share).padStart(8)));
  const began = Math.min(...orders.map((doors) => doors["due"] ?? 0));
  const due = slowest
    .map((doors) => Math.round((doors["due"] ?? 0) - began))
    .toSorted((a, b) => a - b);
  console.log("the slowest were due, ms after the start:", due.join(" "));
}

const [rate = 500, seconds = 5, warmUp = 3] = process.argv.slice(2, 5).map(Number);
const isExchangeApart = process.argv[5] !== "within";
const runtime = await startRuntime({ isTraced: true, isExchangeApart });
const load = new Child<LoadMessage>(
  "the load",
  new URL("orders/load.ts", import.meta.url).pathname,
);

try {
  const target = await trunkline(runtime);
  const ask = (ratePerSecond: number | null, runs: number, run: string): Promise<LoadAnswer> =>
    load.ask({ ...target, ratePerSecond, concurrency: 64, seconds: runs, run, isTraced: true });
  const doors = async (): Promise<Record<string, Doors>> =>
    (await (await fetch(`${runtime.platform.url}${TRACE_PATH}`)).json()) as Record<string, Doors>;
  await ask(null, warmUp, "warm-up");
  await doors();
  const before = cpuSeconds(runtime.pid) ?? 0;
  const { times = {}, ...answer } = await ask(rate, seconds, "traced");
  const used = (cpuSeconds(runtime.pid) ?? 0) - before;
  console.log(answer, "server µs each:", Math.round((used * 1e6) / answer.answered));
  const noted = await doors();
  print(Object.entries(times).map(([id, ends]) => ({ ...noted[id], ...ends })));
} finally {
  load.stop();
  await runtime.platform.stop();
}
process.exit(0);
