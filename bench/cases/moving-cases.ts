/** The cases in which something changes under the heavy load, and the one of sockets that only wait. */
import { residentBytes } from "../lib/processes.ts";
import { measure, pause } from "../load/measure.ts";
import type { FeedCounts, ServerKind } from "../load/protocol.ts";
import {
  atMost,
  type Case,
  type CaseOptions,
  type CaseResult,
  noLoss,
  onServer,
  range,
  type Row,
  rowOf,
  steady,
  summary,
  times,
} from "./case.ts";
import { HEAVY, heavyLoad, ofServer, setShards } from "./steady-cases.ts";

/** How long the shards may take to carry a move out before the next figure is taken, ms. */
const MOVE_MS = 2_000;

async function reshard(options: CaseOptions): Promise<CaseResult> {
  const rows = await onServer("trunkline", HEAVY.instruments, async (server) => {
    await setShards(server, 3);
    const move = async (shards: number): Promise<void> => {
      await setShards(server, shards);
      await pause(MOVE_MS);
    };
    const measured = await measure(server, {
      ...heavyLoad(),
      phases: {
        steady: () => pause(options.seconds * 1_000),
        "3 → 5": () => move(5),
        "5 → 2": () => move(2),
      },
    });
    return Object.keys(measured.phases).map((phase) => rowOf("trunkline", phase, measured, phase));
  });
  const [before, up, down] = rows as [Row, Row, Row];
  const worst = Math.max(up.p99Ms ?? Infinity, down.p99Ms ?? Infinity);
  const total = (of: (row: Row) => number): number => of(before) + of(up) + of(down);
  const all = { ...down, lost: total((row) => row.lost), doubled: total((row) => row.doubled) };
  const checks = [
    { ...noLoss(all), target: "0 lost, 0 doubled" },
    atMost("p99 in the move ÷ steady", times(worst, before.p99Ms), 5, ""),
  ];
  return { rows: [before, up, down], checks, notes: ["Hub and broker have no shards to move."] };
}

/** How long the eviction's phase lasts: time for the shard to come back by itself, ms. */
const RECOVERY_MS = 6_000;

async function recovery(options: CaseOptions): Promise<CaseResult> {
  const result = await onServer("trunkline", HEAVY.instruments, async (server) => {
    // With a second shard the sockets would not fall silent, and the silence is what is measured.
    await setShards(server, 1);
    const measured = await measure(server, {
      ...heavyLoad(),
      phases: {
        steady: () => pause(options.seconds * 1_000),
        evicted: async () => {
          await server.runtime?.crashShard("paper:paper:1");
          await pause(RECOVERY_MS);
        },
      },
    });
    const { connectMs } = await server.feed.ask<FeedCounts>({ op: "stop" });
    const rows = ["steady", "evicted"].map((phase) => rowOf("trunkline", phase, measured, phase));
    return { rows, connectMs: Math.round(connectMs ?? 0) };
  });
  if (result === null) throw new Error("the case was not measured");
  const evicted = result.rows[1] as Row;
  const checks = [
    atMost(
      "first tick after, without the broker's own connect time",
      Math.round(evicted.silenceMs - result.connectMs),
      2_000,
      " ms",
    ),
    {
      target: "gap announced to every socket",
      measured: `${evicted.gaps} gaps told, ${HEAVY.sockets} sockets`,
      isMet: evicted.gaps >= HEAVY.sockets,
    },
    {
      target: "nothing doubled",
      measured: `${evicted.doubled} doubled`,
      isMet: evicted.doubled === 0,
    },
  ];
  const notes = [
    `The longest that a socket got no tick: ${Math.round(evicted.silenceMs)} ms, of which the broker took ${result.connectMs} ms to connect and confirm.`,
    "Ticks of the time without a shard are lost, and announced as a gap.",
  ];
  return { rows: result.rows, checks, notes };
}

const MANY = { sockets: 50, idle: 5_000, ticksPerSecond: 1_000 };

/** Instruments: one that ticks, one that never does and that the idle sockets wait for. */
const manyLoad = (idle: number) => ({
  lists: [...range(MANY.sockets).map(() => [0]), ...range(idle).map(() => [1])],
  ticking: [0],
  ticksPerSecond: MANY.ticksPerSecond,
});

interface Memory {
  perIdleBytes: number;
  megabytes: number;
  markets: number;
}

async function many(options: CaseOptions): Promise<CaseResult> {
  const measured: (Row | null)[] = [];
  const memories: string[] = [];
  const measureOne = async (kind: ServerKind): Promise<void> => {
    measured.push(await steady(kind, "50 sockets", 2, manyLoad(0), options));
    await onServer(kind, 2, async (server) => {
      const before = residentBytes(server.pid) ?? 0;
      let memory: Memory | null = null;
      const result = await measure(server, {
        ...manyLoad(MANY.idle),
        opened: async () => {
          const now = residentBytes(server.pid) ?? 0;
          const path = "/v1/markets?limit=500";
          const open = await server.runtime?.platform.get<{ items: unknown[] }>(path);
          memory = {
            perIdleBytes: (now - before) / (MANY.idle + MANY.sockets),
            megabytes: now / 1_048_576,
            markets: open?.items.length ?? 0,
          };
        },
        phases: { steady: () => pause(options.seconds * 1_000) },
      });
      const row = rowOf(kind, "50 sockets, 5,000 idle", result, "steady");
      measured.push(row);
      const { perIdleBytes, megabytes, markets } = memory ?? {
        perIdleBytes: 0,
        megabytes: 0,
        markets: 0,
      };
      const perMarket =
        markets > 0
          ? `, ${((perIdleBytes * MANY.idle) / markets / 1_048_576).toFixed(1)} MB for each of ${markets} markets`
          : "";
      memories.push(
        `${row.server}: ${(perIdleBytes / 1_024).toFixed(1)} KiB per idle socket${perMarket}, ${megabytes.toFixed(0)} MB in all.`,
      );
    });
  };
  for (const _ of range(options.rounds))
    for (const kind of ["trunkline", "nats", "hub"] as const) await measureOne(kind);
  const rows = summary(measured);
  const ours = ofServer(rows, "trunkline", "50 sockets, 5,000 idle");
  const alone = ofServer(rows, "trunkline", "50 sockets");
  if (!ours || !alone) throw new Error("the case was not measured");
  const cost = times(ours.serverMicrosPerDelivery, alone.serverMicrosPerDelivery);
  // A tenth is what two measurements of the same thing differ by on a busy machine.
  const checks = [
    noLoss(ours),
    atMost("processor time per delivery ÷ without the idle ones", cost, 1.1, ""),
  ];
  return { rows, checks, notes: memories };
}

export const MOVING_CASES: Case[] = [
  { name: "many", title: "5,000 idle sockets, 1 instrument ticking for 50 others", run: many },
  { name: "re-shard", title: "3 → 5 → 2 shards under the heavy load", run: reshard },
  { name: "recovery", title: "the shard evicted under the heavy load", run: recovery },
];
