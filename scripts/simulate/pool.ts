/** Spreads seeds over workers and adds up what they report. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Report, SearchData } from "./search.ts";

export interface Total {
  seeds: number;
  events: number;
  orders: number;
  faults: Map<string, number>;
  refusals: Map<string, number>;
  failures: NonNullable<Report["failure"]>[];
}

export interface SearchOptions {
  from: number;
  seeds: number;
  failuresMax: number;
  /** Cut failures down. Without, the first failure ends the search. */
  shrink: boolean;
  onProgress(total: Total): void;
}

export async function searchSeeds(options: SearchOptions): Promise<Total> {
  const running: Worker[] = [];
  const total: Total = {
    seeds: 0,
    events: 0,
    orders: 0,
    faults: new Map(),
    refusals: new Map(),
    failures: [],
  };
  const take = ({ seeds, events, orders, faults, refusals, failure }: Report): void => {
    total.seeds += seeds;
    total.events += events;
    total.orders += orders;
    add(total.faults, faults);
    add(total.refusals, refusals);
    if (failure) {
      total.failures.push(failure);
      if (!options.shrink) for (const worker of running) void worker.terminate();
    }
    options.onProgress(total);
  };
  const workers = Math.min(availableParallelism(), options.seeds);
  const { from, seeds, failuresMax, shrink } = options;
  await Promise.all(
    Array.from({ length: workers }, (_, index) =>
      runWorker(
        { from: from + index, until: from + seeds, stride: workers, failuresMax, shrink },
        take,
        running,
      ),
    ),
  );
  return total;
}

function add(sums: Map<string, number>, counts: Record<string, number>): void {
  for (const [kind, count] of Object.entries(counts)) sums.set(kind, (sums.get(kind) ?? 0) + count);
}

function runWorker(
  data: SearchData,
  take: (report: Report) => void,
  running: Worker[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("search.ts", import.meta.url), { workerData: data });
    running.push(worker);
    let failed = false;
    worker.on("message", (report: Report) => {
      failed ||= report.failure !== null;
      take(report);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      // 1 is also the code of a worker that was stopped because a failure was found.
      if (code === 0 || (code === 1 && (failed || !data.shrink))) resolve();
      else reject(new Error(`a worker of the simulation ended with code ${code}`));
    });
  });
}
