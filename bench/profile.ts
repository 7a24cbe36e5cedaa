/**
 * Says where an order's processor time goes: loads the bare runtime with orders and prints what its
 * profiler saw, each function by itself, with what it called, as a tree, and the longest times without a rest.
 * `TMPDIR=/dev/shm node bench/profile.ts [seconds] [seconds of warm-up] [inspector port] [orders a second]`:
 * on a RAM disk the waiting for a disk is left out; without a rate they come as fast as they are answered.
 */
import { readFileSync } from "node:fs";
import WebSocket from "ws";
import { trunkline } from "./cases/order-case.ts";
import { Child } from "./lib/child.ts";
import { cpuSeconds } from "./lib/processes.ts";
import { startRuntime } from "./lib/runtime.ts";
import type { LoadAnswer, LoadMessage } from "./orders/load.ts";

interface Node {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
}

interface Profile {
  nodes: Node[];
  samples: number[];
  timeDeltas: number[];
}

const CONCURRENCY = 64;
const SAMPLED_EACH_US = 500;
const ROWS = 60;
const DEPTH = 7;
const SHARE_MIN = 0.012;
const STRETCHES = 12;
const CALLS_OF_STRETCH = 12;

type Call = (method: string, params?: object) => Promise<unknown>;

async function inspector(port: number): Promise<Call> {
  const list = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    id: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = list.find(({ id }) => id.includes("trunkline")) ?? list[0];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "");
  await new Promise((resolve) => socket.once("open", resolve));
  const waiting = new Map<number, (answer: unknown) => void>();
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { id?: number; result?: unknown };
    waiting.get(message.id ?? 0)?.(message.result);
  });
  let id = 0;
  return (method, params = {}) =>
    new Promise((resolve) => {
      id += 1;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
}

const add = <K>(map: Map<K, number>, key: K, value: number): void =>
  void map.set(key, (map.get(key) ?? 0) + value);

/** Each function's callers, by the ids of their nodes. */
const parentsOf = ({ nodes }: Profile): Map<number, number> =>
  new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));

/** An order that comes in one of them waits for its end, whatever it costs itself. */
function printStretches(profile: Profile): void {
  const { nodes, samples, timeDeltas } = profile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const parents = parentsOf(profile);
  const stretches: { fromMs: number; ms: number; calls: Map<string, number> }[] = [];
  let open: (typeof stretches)[number] | null = null;
  let fromMs = 0;
  for (const [place, id] of samples.entries()) {
    const ms = (timeDeltas[place] ?? 0) / 1_000;
    fromMs += ms;
    if (names.get(id) === "(idle)") {
      open = null;
      continue;
    }
    if (open === null) stretches.push((open = { fromMs, ms: 0, calls: new Map() }));
    open.ms += ms;
    const seen = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at))
      seen.add(names.get(at) ?? "");
    for (const each of seen) if (each && each !== "(root)") add(open.calls, each, ms);
  }
  console.log("LONGEST WITHOUT A REST");
  for (const stretch of stretches.toSorted((a, b) => b.ms - a.ms).slice(0, STRETCHES)) {
    const calls = [...stretch.calls].sort((a, b) => b[1] - a[1]).slice(0, CALLS_OF_STRETCH);
    const parts = calls.map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(", ");
    console.log(`${stretch.ms.toFixed(0)} ms after ${stretch.fromMs.toFixed(0)} ms: ${parts}`);
  }
}

function print(profile: Profile, orders: number): void {
  const { nodes, samples, timeDeltas } = profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = parentsOf(profile);
  const name = (id: number): string => {
    const frame = byId.get(id)?.callFrame;
    if (!frame) return "?";
    return `${frame.functionName || "(anonymous)"} ${frame.url.split("/").pop()}:${frame.lineNumber}`;
  };
  const own = new Map<number, number>();
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let all = 0;
  for (const [place, id] of samples.entries()) {
    const micros = timeDeltas[place] ?? 0;
    all += micros;
    add(own, id, micros);
    add(self, name(id), micros);
    const seen = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at))
      seen.add(name(at));
    for (const each of seen) add(total, each, micros);
  }
  const line = (micros: number, what: string): string =>
    `${((micros / all) * 100).toFixed(1).padStart(5)} % ${Math.round(micros / orders)} µs  ${what}`;
  const most = (map: Map<string, number>): string =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .slice(0, ROWS)
      .map(([what, micros]) => line(micros, what))
      .join("\n");
  console.log(`BY ITSELF\n${most(self)}\nWITH WHAT IT CALLED\n${most(total)}\nTREE`);
  const sums = new Map<number, number>();
  const sum = (id: number): number => {
    const children = byId.get(id)?.children ?? [];
    const value = children.reduce((so, child) => so + sum(child), own.get(id) ?? 0);
    sums.set(id, value);
    return value;
  };
  const branch = (id: number, depth: number): void => {
    const children = byId.get(id)?.children ?? [];
    for (const child of children.toSorted((a, b) => (sums.get(b) ?? 0) - (sums.get(a) ?? 0))) {
      const micros = sums.get(child) ?? 0;
      if (micros / all < SHARE_MIN) return;
      console.log("  ".repeat(depth) + line(micros, name(child)));
      if (depth < DEPTH) branch(child, depth + 1);
    }
  };
  const root = nodes[0]?.id ?? 0;
  sum(root);
  branch(root, 0);
}

const [seconds = 3, warmUp = 3, port = 9_229, rate = 0] = process.argv.slice(2).map(Number);
const runtime = await startRuntime({ inspectorPort: port, isExchangeApart: true });
const load = new Child<LoadMessage>(
  "the load",
  new URL("orders/load.ts", import.meta.url).pathname,
);

function writtenBytes(): number {
  const line = /^wchar: (\d+)/m.exec(readFileSync(`/proc/${runtime.pid}/io`, "utf8"));
  return Number(line?.[1] ?? 0);
}

try {
  const target = await trunkline(runtime);
  const ratePerSecond = rate > 0 ? rate : null;
  const ask = (run: string, runs: number): Promise<LoadAnswer> =>
    load.ask({ ...target, ratePerSecond, concurrency: CONCURRENCY, seconds: runs, run });
  console.log(await ask("warm-up", warmUp));
  const before = cpuSeconds(runtime.pid) ?? 0;
  const bytes = writtenBytes();
  const plain = await ask("plain", seconds);
  const used = (cpuSeconds(runtime.pid) ?? 0) - before;
  console.log(plain, "server µs each:", Math.round((used * 1e6) / plain.answered));
  console.log("written bytes each:", Math.round((writtenBytes() - bytes) / plain.answered));
  const call = await inspector(port);
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: SAMPLED_EACH_US });
  await call("Profiler.start");
  const answer = await ask("profiled", seconds);
  const { profile } = (await call("Profiler.stop")) as { profile: Profile };
  print(profile, answer.answered);
  printStretches(profile);
} finally {
  load.stop();
  await runtime.platform.stop();
}
process.exit(0);
