/** The cases of a load that stays as it is: light, heavy and wide. */
import type { ServerKind } from "../load/protocol.ts";
import { LABELS, type Server } from "../load/servers.ts";
import {
  atLeast,
  atMost,
  type Case,
  type CaseOptions,
  type CaseResult,
  noLoss,
  range,
  type Row,
  steady,
  summary,
  times,
} from "./case.ts";

/** In turns, so that a busy moment of the machine meets all of them. */
const SERVERS = ["trunkline", "nats", "hub"] as const;

export const HEAVY = { instruments: 100, sockets: 200, ticksPerSecond: 10_000 };

/** Beyond a fan-out that a hub carries it falls behind for good: its best is looked for below as well. */
const HUB_TICKS_PER_SECOND = [500, 1_000];

const same = (sockets: number, instruments: number): number[][] =>
  range(sockets).map(() => range(instruments));

export const ofServer = (rows: Row[], kind: ServerKind, load?: string): Row | undefined =>
  rows.find((row) => row.server === LABELS[kind] && (load === undefined || row.load === load));

/** Deliveries a second of the load that was offered: what came beyond it was late from before the measurement. */
const carried = ({ deliveriesPerSecond, offeredPerSecond }: Row): number =>
  Math.min(deliveriesPerSecond, offeredPerSecond);

const must = (row: Row | undefined): Row => {
  if (row === undefined) throw new Error("the case was not measured");
  return row;
};

export const heavyLoad = (ticksPerSecond = HEAVY.ticksPerSecond) => ({
  lists: same(HEAVY.sockets, HEAVY.instruments),
  ticking: range(HEAVY.instruments),
  ticksPerSecond,
});

async function light(options: CaseOptions): Promise<CaseResult> {
  const load = { lists: same(20, 100), ticking: range(100), ticksPerSecond: 1_000 };
  const measured: (Row | null)[] = [];
  for (const _ of range(options.rounds))
    for (const kind of SERVERS) measured.push(await steady(kind, "light", 100, load, options));
  const rows = summary(measured);
  const ours = must(ofServer(rows, "trunkline"));
  const checks = [
    atMost("p50", ours.p50Ms, 3, " ms"),
    atMost("p99", ours.p99Ms, 15, " ms"),
    noLoss(ours),
  ];
  return { rows, checks, notes: [] };
}

async function heavy(options: CaseOptions): Promise<CaseResult> {
  const { instruments } = HEAVY;
  const measured: (Row | null)[] = [];
  for (const _ of range(options.rounds)) {
    for (const kind of SERVERS)
      measured.push(await steady(kind, "heavy", instruments, heavyLoad(), options));
    for (const rate of HUB_TICKS_PER_SECOND) {
      const load = heavyLoad(rate);
      measured.push(await steady("hub", `${rate} ticks/s`, instruments, load, options));
    }
  }
  const rows = summary(measured);
  const ours = must(ofServer(rows, "trunkline"));
  const nats = ofServer(rows, "nats");
  const hub = rows.filter((row) => row.server === LABELS.hub);
  const best = Math.max(...hub.map((row) => row.deliveriesPerSecond));
  const checks = [
    noLoss(ours),
    atLeast("deliveries/s ÷ nats-server's", times(carried(ours), nats && carried(nats)), 1, ""),
    atLeast("deliveries/s ÷ the hub's best", times(ours.deliveriesPerSecond, best), 4, ""),
    atMost("p99 ÷ nats-server's", times(ours.p99Ms, nats?.p99Ms), 2, ""),
  ];
  return { rows, checks, notes: [] };
}

const WIDE = { instruments: 3_000, sockets: 50, list: 300, shards: 3 };

/** Sockets that want a tick. */
const FAN_OUT_WIDE = (WIDE.sockets * WIDE.list) / WIDE.instruments;

/** Each list begins a little after the one before: every instrument is in as many lists as any other. */
const overlapping = (): number[][] =>
  range(WIDE.sockets).map((socket) =>
    range(WIDE.list).map(
      (n) => (socket * (WIDE.instruments / WIDE.sockets) + n) % WIDE.instruments,
    ),
  );

export async function setShards(server: Server, shards: number): Promise<void> {
  const path = "/v1/brokers/paper/feed";
  const answer = await server.runtime?.platform.call(path, { method: "PUT", body: { shards } });
  if (answer && answer.status !== 200)
    throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

/** Processor time of a tick with all its deliveries, µs. */
const perTick = (row: Row, fanOut: number): number =>
  Math.round((row.serverMicrosPerDelivery ?? 0) * fanOut * 10) / 10;

async function wide(options: CaseOptions): Promise<CaseResult> {
  const load = {
    lists: overlapping(),
    ticking: range(WIDE.instruments),
    ticksPerSecond: HEAVY.ticksPerSecond,
    prepare: (server: Server) => setShards(server, WIDE.shards),
  };
  const measured: (Row | null)[] = [];
  for (const _ of range(options.rounds)) {
    for (const kind of SERVERS)
      measured.push(await steady(kind, "wide", WIDE.instruments, load, options));
    const reference = heavyLoad();
    measured.push(await steady("trunkline", "heavy", HEAVY.instruments, reference, options));
  }
  const rows = summary(measured);
  const ours = must(ofServer(rows, "trunkline", "wide"));
  const reference = must(ofServer(rows, "trunkline", "heavy"));
  const cost = times(ours.serverMicrosPerDelivery, reference.serverMicrosPerDelivery);
  const checks = [
    noLoss(ours),
    atMost("processor time per delivery ÷ the heavy case's", cost, 1.5, ""),
    atMost(
      "processor time per tick with all its deliveries ÷ the heavy case's",
      times(perTick(ours, FAN_OUT_WIDE), perTick(reference, HEAVY.sockets)),
      1.5,
      "",
    ),
  ];
  const notes = [
    `A tick goes to ${FAN_OUT_WIDE} sockets here and to ${HEAVY.sockets} in the heavy case: ` +
      `the whole cost of a tick is ${perTick(ours, FAN_OUT_WIDE)} µs here and ${perTick(reference, HEAVY.sockets)} µs there.`,
  ];
  return { rows, checks, notes };
}

export const STEADY_CASES: Case[] = [
  { name: "light", title: "100 instruments, 20 sockets, 1,000 ticks/s", run: light },
  {
    name: "heavy",
    title: "100 instruments, 200 sockets, 10,000 ticks/s: 2,000,000 deliveries/s offered",
    run: heavy,
  },
  {
    name: "wide",
    title: "3,000 instruments over 3 shards, 50 sockets with overlapping lists of 300",
    run: wide,
  },
];
