/** What a case of the bench is: a load, the servers it is put on, and targets that are met or not. */
import type { Figures, Load, Measured } from "../load/measure.ts";
import { measure, pause } from "../load/measure.ts";
import type { Cell } from "../lib/table.ts";
import type { ServerKind } from "../load/protocol.ts";
import { LABELS, type Server, startServer } from "../load/servers.ts";

export interface CaseOptions {
  seconds: number;
  rounds: number;
  say: (line: string) => void;
}

/** One line of a case's table. */
export interface Row extends Figures {
  server: string;
  /** What was put on it, in words. */
  load: string;
  missing: number;
  gaps: number;
  lagging: number;
  dropped: number;
}

export interface Check {
  target: string;
  /** What was measured, in words. */
  measured: string;
  /** Null where there was nothing to compare with. */
  isMet: boolean | null;
}

export interface CaseResult {
  rows: Row[];
  /** A table of its own, for a case that is no fan-out. */
  figures?: { head: string[]; rows: Cell[][] };
  checks: Check[];
  notes: string[];
}

export interface Case {
  name: string;
  title: string;
  run(options: CaseOptions): Promise<CaseResult>;
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Runs `work` on a new server and ends it, whatever happens. Null where the server is not installed. */
export async function onServer<T>(
  kind: ServerKind,
  instruments: number,
  work: (server: Server) => Promise<T>,
): Promise<T | null> {
  const server = await startServer(kind, { instruments });
  if (server === null) return null;
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

export const rowOf = (
  kind: ServerKind,
  load: string,
  { phases, ...ends }: Measured,
  phase: string,
): Row => {
  const figures = phases[phase];
  if (figures === undefined) throw new Error(`no phase ${phase} was measured`);
  return { server: LABELS[kind], load, ...figures, ...ends };
};

/** A steady load on a new server: one row, or null where the server is not installed. */
export async function steady(
  kind: ServerKind,
  name: string,
  instruments: number,
  load: Omit<Load, "phases"> & { prepare?: (server: Server) => Promise<void> },
  options: CaseOptions,
): Promise<Row | null> {
  return onServer(kind, instruments, async (server) => {
    await load.prepare?.(server);
    const phases = { steady: () => pause(options.seconds * 1_000) };
    const row = rowOf(kind, name, await measure(server, { ...load, phases }), "steady");
    options.say(
      `${row.server}, ${name}: ${row.deliveriesPerSecond}/s of ${row.offeredPerSecond}/s, ` +
        `p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms`,
    );
    return row;
  });
}

/** The middle one; of two middle ones the higher, which is the worse of two latencies. */
export function median(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}

/** Rows of the same server and load as one: the middle of each figure, the worst of what must not be. */
export function summary(rows: (Row | null)[]): Row[] {
  const groups = Map.groupBy(
    rows.filter((row) => row !== null),
    ({ server, load }) => `${server}|${load}`,
  );
  return [...groups.values()].map((group) => {
    const middle = (of: (row: Row) => number | null): number | null => median(group.map(of));
    const worst = (of: (row: Row) => number): number => Math.max(...group.map(of));
    const [first] = group as [Row, ...Row[]];
    return {
      ...first,
      deliveriesPerSecond: middle((row) => row.deliveriesPerSecond) ?? 0,
      framesPerSecond: middle((row) => row.framesPerSecond) ?? 0,
      p50Ms: middle((row) => row.p50Ms),
      p99Ms: middle((row) => row.p99Ms),
      p999Ms: middle((row) => row.p999Ms),
      serverMicrosPerDelivery: middle((row) => row.serverMicrosPerDelivery),
      cores: {
        server: middle((row) => row.cores.server) ?? 0,
        feed: middle((row) => row.cores.feed) ?? 0,
        clients: middle((row) => row.cores.clients) ?? 0,
      },
      lost: worst((row) => row.lost),
      doubled: worst((row) => row.doubled),
      missing: worst((row) => row.missing),
      gaps: worst((row) => row.gaps),
      lagging: worst((row) => row.lagging),
      dropped: worst((row) => row.dropped),
      silenceMs: worst((row) => row.silenceMs),
    };
  });
}

export const times = (a: number | null | undefined, b: number | null | undefined): number | null =>
  typeof a === "number" && typeof b === "number" && b > 0 ? Math.round((a / b) * 100) / 100 : null;

/** Nothing lost, doubled or missing, nobody told to lag, no socket ended. */
export function noLoss(row: Row): Check {
  const { lost, doubled, missing, lagging, dropped } = row;
  const sum = lost + doubled + missing + lagging + dropped;
  return {
    target: "no loss",
    measured: `${lost} lost, ${doubled} doubled, ${missing} never came, ${lagging} conflated, ${dropped} sockets ended`,
    isMet: sum === 0,
  };
}

/** At most `bound`. */
export const atMost = (what: string, value: number | null, bound: number, unit: string): Check => ({
  target: `${what} ≤ ${bound}${unit}`,
  measured: value === null ? "nothing to compare with" : `${value}${unit}`,
  isMet: value === null ? null : value <= bound,
});

/** At least `bound`. */
export const atLeast = (
  what: string,
  value: number | null,
  bound: number,
  unit: string,
): Check => ({
  target: `${what} ≥ ${bound}${unit}`,
  measured: value === null ? "nothing to compare with" : `${value}${unit}`,
  isMet: value === null ? null : value >= bound,
});
