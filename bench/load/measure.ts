/** One measurement: sockets on a server, ticks at a rate, and what came of them, phase by phase. */
import { availableParallelism } from "node:os";
import type { Child } from "../lib/child.ts";
import { Histogram } from "../lib/histogram.ts";
import { cpuSeconds } from "../lib/processes.ts";
import type { ClientsMessage, ClientsReport, FeedCounts, PhaseReport } from "./protocol.ts";
import { type Server, startClients } from "./servers.ts";

/** The feed and the server need a core each; what is left is the clients'. */
const CLIENT_PROCESSES = Math.max(1, Math.min(4, availableParallelism() - 2));

/** Code that was just started is not yet compiled, on any of the servers. */
const WARM_UP_MS = 4_000;

/** While sockets are opened: a connection that brings nothing at all is taken for dead. */
const OPENING_TICKS_PER_SECOND = 10;

/** How long what is still on its way may take to arrive once the feed has stopped. */
const DRAIN_MS = 5_000;

/** Processor seconds per second of the phase: 1 is one whole core. */
export interface Cores {
  server: number;
  feed: number;
  clients: number;
}

export interface Figures {
  /** Ticks × the sockets that want them, in the phase, per second. */
  offeredPerSecond: number;
  deliveriesPerSecond: number;
  framesPerSecond: number;
  p50Ms: number | null;
  p99Ms: number | null;
  p999Ms: number | null;
  lost: number;
  doubled: number;
  silenceMs: number;
  cores: Cores;
  /** Processor time of the server for each delivered tick, µs. */
  serverMicrosPerDelivery: number | null;
}

export interface Measured {
  phases: Record<string, Figures>;
  /** Of the sockets at the end: what never came, announced gaps, conflations, and those that ended. */
  missing: number;
  gaps: number;
  lagging: number;
  dropped: number;
}

export interface Load {
  /** The instruments of each socket, by index. */
  lists: number[][];
  ticksPerSecond: number;
  /** The instruments that tick. */
  ticking: number[];
  /** What happens in each measured phase; a phase lasts as long as its work. */
  phases: Record<string, () => Promise<unknown>>;
  /** How often the phases come, one after the other; a phase's figures are those of all its turns but the slowest. Once when left out. */
  turns?: number;
  /** Called once all sockets are subscribed, before the first tick. */
  opened?: () => Promise<void>;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

interface Used {
  at: number;
  server: number;
  feed: number;
  clients: number;
}

const between = (before: Used, after: Used): Cores => ({
  server: after.server - before.server,
  feed: after.feed - before.feed,
  clients: after.clients - before.clients,
});

function share<T>(items: T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, part) =>
    items.filter((__, index) => index % parts === part),
  );
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** One time that a phase was measured. */
export interface Turn {
  reports: PhaseReport[];
  cores: Cores;
}

const p99Of = (reports: PhaseReport[]): number => latenciesOf(reports).percentile(0.99) ?? 0;

function latenciesOf(reports: PhaseReport[]): Histogram {
  const latencies = new Histogram();
  for (const report of reports) latencies.merge(report.latencies);
  return latencies;
}

const sum = <T>(items: T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** Of several turns the slowest is left out, for one busy moment of the machine is not what is measured; losses are those of all. */
export function figuresOf(turns: Turn[], offeredPerSecond: number): Figures {
  const [slowest] = turns.toSorted((a, b) => p99Of(b.reports) - p99Of(a.reports));
  const told = turns.length > 1 ? turns.filter((turn) => turn !== slowest) : turns;
  const reports = told.flatMap((turn) => turn.reports);
  const every = turns.flatMap((turn) => turn.reports);
  const seconds =
    sum(told, (turn) => Math.max(...turn.reports.map(({ durationMs }) => durationMs))) / 1_000;
  const deliveries = sum(reports, (report) => report.deliveries);
  const latencies = latenciesOf(reports);
  const ofServer = sum(told, ({ cores }) => cores.server);
  return {
    offeredPerSecond: Math.round(offeredPerSecond),
    deliveriesPerSecond: Math.round(deliveries / seconds),
    framesPerSecond: Math.round(sum(reports, (report) => report.frames) / seconds),
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    p999Ms: latencies.percentile(0.999),
    lost: sum(every, (report) => report.lost),
    doubled: sum(every, (report) => report.doubled),
    silenceMs: Math.max(...every.map(({ silenceMs }) => silenceMs)),
    cores: {
      server: rounded(ofServer / seconds, 2),
      feed: rounded(sum(told, ({ cores }) => cores.feed) / seconds, 2),
      clients: rounded(sum(told, ({ cores }) => cores.clients) / seconds, 2),
    },
    serverMicrosPerDelivery:
      deliveries === 0 ? null : rounded((ofServer * 1_000_000) / deliveries, 3),
  };
}

/** Runs the load; the server stays as it is, and its sockets are closed. */
export async function measure(server: Server, load: Load): Promise<Measured> {
  const lists = share(load.lists, Math.min(CLIENT_PROCESSES, load.lists.length));
  const clients = lists.map(() => startClients());
  const all = <T>(of: (child: Child<ClientsMessage>, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(clients.map(of));
  const { url, keys, kind, feed } = server;
  const used = (): Used => ({
    at: performance.now(),
    server: cpuSeconds(server.pid) ?? 0,
    feed: feed.cpuSeconds(),
    clients: sum(clients, (child) => child.cpuSeconds()),
  });
  try {
    await feed.ask({ op: "tick", ticksPerSecond: OPENING_TICKS_PER_SECOND, only: load.ticking });
    await all((child, index) =>
      child.ask({ op: "open", server: kind, url, keys, lists: lists[index] ?? [] }),
    );
    await load.opened?.();
    await all((child) => child.ask({ op: "phase", name: "warm-up" }));
    await feed.ask({ op: "tick", ticksPerSecond: load.ticksPerSecond, only: load.ticking });
    await pause(WARM_UP_MS);
    const spent: { phase: string; name: string; cores: Cores }[] = [];
    for (let turn = 1; turn <= (load.turns ?? 1); turn += 1)
      for (const [phase, work] of Object.entries(load.phases)) {
        const name = `${phase} ${turn}`;
        await all((child) => child.ask({ op: "phase", name }));
        const before = used();
        await work();
        spent.push({ phase, name, cores: between(before, used()) });
      }
    await all((child) => child.ask({ op: "phase", name: "drain" }));
    const { volumes } = await feed.ask<FeedCounts>({ op: "stop" });
    const reports = await all((child) =>
      child.ask<ClientsReport>({ op: "finish", volumes, boundMs: DRAIN_MS }),
    );
    const ticking = new Set(load.ticking);
    const wanted = sum(load.lists, (list) => list.filter((index) => ticking.has(index)).length);
    const offered = (load.ticksPerSecond * wanted) / load.ticking.length;
    const turnsOf = (phase: string): Turn[] =>
      spent
        .filter((one) => one.phase === phase)
        .map(({ name, cores }) => ({
          reports: reports.flatMap((report) => report.phases[name] ?? []),
          cores,
        }));
    return {
      phases: Object.fromEntries(
        Object.keys(load.phases).map((phase) => [phase, figuresOf(turnsOf(phase), offered)]),
      ),
      missing: sum(reports, (report) => report.missing),
      gaps: sum(reports, (report) => report.gaps),
      lagging: sum(reports, (report) => report.lagging),
      dropped: sum(reports, (report) => report.dropped),
    };
  } finally {
    for (const child of clients) child.stop();
  }
}
