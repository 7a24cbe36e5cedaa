/** What a month costs: counts of a recorded run, brought to the load that is asked for. Pure. */
import { COALESCE_MS_MAX, MARK_INTERVAL_MS, MARKET_SOCKETS_MAX } from "../../src/domain/limits.ts";
import { FAN_OUT_MS_PER_SEND_MIN, FAN_OUT_PAUSE_RATIO } from "../../src/domain/market-limits.ts";
import { ACK_EVERY_FRAMES, ACK_INTERVAL_MS, PING_INTERVAL_MS } from "../../sdk/src/limits.ts";
import {
  BASE_PRICE,
  MESSAGES_PER_REQUEST,
  METERS,
  type MeterName,
  OBJECT_GIGABYTES,
} from "./prices.ts";
import type { RecordedRun } from "./recorded.ts";

export interface Load {
  instruments: number;
  /** Ticks of each instrument per second. */
  ticks: number;
  algos: number;
  /** Trading hours of a day, and trading days of a month. */
  hours: number;
  days: number;
  shards: number;
}

export interface Line {
  meter: MeterName;
  used: number;
  dollars: number;
}

const HOUR_S = 3_600;
const MONTH_S = 30.4 * 24 * HOUR_S;

/** No request of the Worker was seen to take more; what it took is not told by a local runtime. */
const WORKER_CPU_MS = 10;

/** Awake all the time: the gateway holds the broker's order stream. */
const ALWAYS_AWAKE = 1;

/** Awake while ticks come, besides shards and markets: the broker's manager and the ledger. */
const AWAKE_WITH_TICKS = 2;

/** Recordings are kept for good: what is stored at a year's end is paid each month. */
const RECORDED_MONTHS = 12;

const GIGABYTE = 1e9;

export const marketsOf = (algos: number): number =>
  Math.max(1, Math.ceil(algos / MARKET_SOCKETS_MAX));

/** Frames a second on the socket from one shard to one market: the first of a pause leaves at once, what follows is joined. */
export function linkFrames(ticksPerSecond: number): number {
  if (ticksPerSecond === 0) return 0;
  return Math.min(ticksPerSecond, 1_000 / COALESCE_MS_MAX);
}

/** Messages a second that arrive at a market: frames of the shards, and what each algo's SDK says. */
export function marketMessages(load: Load, { acknowledged }: { acknowledged: boolean }): number {
  const perShard = (load.instruments * load.ticks) / load.shards;
  const frames = load.shards * linkFrames(perShard);
  const markets = marketsOf(load.algos);
  const pauseMs = (load.algos / markets) * FAN_OUT_MS_PER_SEND_MIN * FAN_OUT_PAUSE_RATIO;
  const turnsPerSecond = 1_000 / Math.max(1, pauseMs);
  const toSocket = Math.min(frames, turnsPerSecond);
  const acks = Math.min(toSocket / ACK_EVERY_FRAMES, 1_000 / ACK_INTERVAL_MS);
  const perAlgo = acknowledged ? acks + 1_000 / PING_INTERVAL_MS : 0;
  return markets * frames + load.algos * perAlgo;
}

const kinds = (counts: Record<string, number>, ...names: string[]): number =>
  Object.entries(counts).reduce(
    (sum, [name, count]) =>
      names.some((kind) => name === kind || name.startsWith(`${kind} `)) ? sum + count : sum,
    0,
  );

/** Calls, sockets opened and alarms; messages are counted apart. */
const requests = (counts: Record<string, number>): number => kinds(counts, "rpc", "fetch", "alarm");

/** Units of each meter that a month uses. */
export function usage(load: Load, recorded: RecordedRun): Record<MeterName, number> {
  const { idle, opening, steady } = recorded;
  const tradingS = load.hours * HOUR_S * load.days;
  const idleS = Math.max(0, MONTH_S - tradingS);
  const byAlgos = (load.algos / recorded.algos) * load.days;
  const byInstruments = load.instruments / recorded.instruments;
  const byShards = load.shards / recorded.shards;
  const perSecond = (of: (counts: Record<string, number>) => number, part: typeof idle): number =>
    of(part.counts) / part.seconds;
  const total = (of: (counts: Record<string, number>) => number, whileTrading: number): number =>
    perSecond(of, idle) * idleS +
    perSecond(of, steady) * tradingS * whileTrading +
    of(opening.counts) * byAlgos;

  const markets = marketsOf(load.algos);
  const marks = load.shards * (1_000 / MARK_INTERVAL_MS);
  const messages = marketMessages(load, { acknowledged: true }) + marks;
  // Frames of the broker's own socket are taken to be billed like those of any other.
  const fromBroker = load.instruments * load.ticks;
  const awakeS = ALWAYS_AWAKE * MONTH_S + (AWAKE_WITH_TICKS + load.shards + markets) * tradingS;
  const workerRequests = total((counts) => kinds(counts, "worker fetch", "worker cron"), 1);
  const ticksOfMonth = load.instruments * load.ticks * tradingS;
  // Each shard writes a minute at a time: the bytes are those of so many whole minutes.
  const minutes = (steady.counts["r2 put"] ?? 0) / recorded.shards;
  const recordedTicks = recorded.instruments * recorded.ticks * 60 * minutes;
  const bytesPerTick = recordedTicks > 0 ? (steady.counts["r2 bytes"] ?? 0) / recordedTicks : 0;
  return {
    workerRequests,
    workerCpu: workerRequests * WORKER_CPU_MS,
    objectRequests:
      total(requests, byShards) + ((messages + fromBroker) / MESSAGES_PER_REQUEST) * tradingS,
    objectDuration: awakeS * OBJECT_GIGABYTES,
    // Bars are most of what is written, and there are as many as instruments.
    rowsRead: total((counts) => kinds(counts, "rows read"), byInstruments),
    rowsWritten: total((counts) => kinds(counts, "rows written"), byInstruments),
    r2Writes: (load.shards * tradingS) / 60,
    r2Storage: (ticksOfMonth * bytesPerTick * RECORDED_MONTHS) / GIGABYTE,
  };
}

/** What each meter costs above what the plan holds. */
export function lines(used: Record<MeterName, number>): Line[] {
  return (Object.keys(METERS) as MeterName[]).map((meter) => {
    const { included, price, per } = METERS[meter];
    const units = used[meter];
    return { meter, used: units, dollars: (Math.max(0, units - included) / per) * price };
  });
}

export const totalOf = (all: readonly Line[]): number =>
  BASE_PRICE + all.reduce((sum, { dollars }) => sum + dollars, 0);
