/** Runs one measurement: load processes against one server, their reports added up. */
import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Histogram } from "../lib/histogram.ts";
import type { LoadReport, LoadRequest } from "./protocol.ts";

export interface Figures {
  deliveriesPerSecond: number;
  framesPerSecond: number;
  p50Ms: number | null;
  p99Ms: number | null;
  lost: number;
  dropped: number;
}

/** One core is left to the server. */
const LOAD_PROCESSES = Math.max(1, Math.min(4, availableParallelism() - 1));

const script = (name: string): string => join(import.meta.dirname, name);

/** The first message of a child; an error when it ends without one. */
export function firstMessage<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as T));
    child.once("exit", (code) => reject(new Error(`${name} ended with code ${code}`)));
  });
}

export async function startHub(
  ticksPerSecond: number,
  instruments: string[],
): Promise<{ url: string; stop: () => void }> {
  const child = fork(script("hub.ts"), [String(ticksPerSecond), ...instruments]);
  const { port } = await firstMessage<{ port: number }>(child, "hub");
  return { url: `ws://127.0.0.1:${port}`, stop: () => void child.kill("SIGKILL") };
}

/** Shares `sockets` over the load processes as evenly as it goes. */
function shares(sockets: number): number[] {
  const processes = Math.min(LOAD_PROCESSES, sockets);
  return Array.from({ length: processes }, (_, index) => Math.floor((sockets + index) / processes));
}

export async function measure(request: LoadRequest): Promise<Figures> {
  const reports = await Promise.all(
    shares(request.sockets).map((sockets) => {
      const child = fork(script("clients.ts"));
      child.send({ ...request, sockets });
      return firstMessage<LoadReport>(child, "a load process");
    }),
  );
  const latencies = new Histogram();
  for (const report of reports) latencies.merge(report.latencies);
  const sum = (of: (report: LoadReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const perSecond = (of: (report: LoadReport) => number): number =>
    Math.round(sum((report) => (of(report) * 1_000) / report.measuredMs));
  return {
    deliveriesPerSecond: perSecond((report) => report.deliveries),
    framesPerSecond: perSecond((report) => report.frames),
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    lost: sum((report) => report.lost),
    dropped: sum((report) => report.dropped),
  };
}
