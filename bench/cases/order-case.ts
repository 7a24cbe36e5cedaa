/**
 * What an order costs on its way in: from the HTTP request to its answer, through the Worker, the ledger
 * with every check on, the gateway and the paper exchange, beside a plain service that only writes a row.
 */
import { join } from "node:path";
import { Child } from "../lib/child.ts";
import { fsyncMs } from "../lib/disk.ts";
import { followOneProvider } from "../lib/one-provider.ts";
import { cpuSeconds } from "../lib/processes.ts";
import { type Runtime, startRuntime } from "../lib/runtime.ts";
import type { Cell } from "../lib/table.ts";
import { startHops } from "../orders/hops.ts";
import type { LoadAnswer, LoadMessage } from "../orders/load.ts";
import {
  atLeast,
  atMost,
  type Case,
  type CaseOptions,
  type CaseResult,
  median,
  range,
  times,
} from "./case.ts";

const ALGOS = 10;
const INSTRUMENTS = 20;
const TRUNKLINE = "Trunkline";
const INSIDE = "exchange inside";
const PLAIN = "plain service";

const CONCURRENCY = 64;
const RATES = [100, 500] as const;

/** Loads that warm up what runs: in its first eight seconds an order was seen to cost a sixth more than in the next. */
const WARM_UP_SECONDS = 8;

/** Below the market, inside the price collar: the orders rest, and each one after has more to be decided with. */
const BELOW_MARKET = 0.97;

const script = (name: string): string => join(import.meta.dirname, "..", "orders", name);

type Target = Pick<LoadMessage, "url" | "path" | "method" | "keys" | "instruments">;

/** Limits wide enough that the bench meets none of them; every check is made all the same. */
const WIDE = {
  openOrders: "1000000",
  ordersPerSecond: "100000",
  ordersPerDay: "100000000",
  positionNotional: "1000000000",
  moneyAtRiskInstrument: "1000000000",
  moneyAtRiskAlgo: "1000000000",
  moneyAtRiskPortfolio: "1000000000",
  grossExposure: "1000000000",
  netExposure: "1000000000",
} as const;

export async function trunkline(runtime: Runtime): Promise<Target> {
  const { platform } = runtime;
  const changes = Object.entries(WIDE).map(([name, value]) => ({
    scope: "portfolio",
    name,
    value,
  }));
  const limits = await platform.call("/v1/risk/limits", {
    method: "PUT",
    body: { changes, reason: "a bench meets no limit" },
  });
  if (limits.status !== 200) throw new Error(`limits: ${JSON.stringify(limits.body)}`);
  await platform.post("/v1/paper/market", { ticksPerSecond: 100 });
  const { items } = await platform.get<{
    items: { id: string; tradable: boolean; currency: string; lotSize: string }[];
  }>("/v1/instruments?limit=500");
  const ids = items
    .filter(({ tradable, currency, lotSize }) => tradable && currency === "INR" && lotSize === "1")
    .slice(0, INSTRUMENTS)
    .map(({ id }) => id);
  await followOneProvider(platform);
  await platform.post("/v1/brokers/paper/subscriptions", { instruments: ids });
  const instruments = await priced(runtime, ids);
  const keys = await Promise.all(
    range(ALGOS).map((n) => platform.key(`bench-${n}`, ["read", "trade"], `bench-${n}`)),
  );
  return { url: platform.url, path: "/v1/orders", method: "POST", keys, instruments };
}

async function priced(runtime: Runtime, ids: string[]): Promise<Target["instruments"]> {
  for (;;) {
    const { items } = await runtime.platform.get<{
      items: { instrument: string; last: number | null }[];
    }>(`/v1/quotes?instruments=${ids.join(",")}`);
    const known = items.filter(({ last }) => last !== null);
    if (known.length === ids.length)
      return known.map(({ instrument, last }) => ({
        instrument,
        // A whole number is on every grid of these instruments.
        limitPrice: Math.floor((last ?? 0) * BELOW_MARKET),
      }));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Measured {
  server: string;
  load: string;
  answer: LoadAnswer;
  /** Processor time of the server for each order that it answered, µs: what the machine's other work cannot change. */
  microsPerOrder: number;
  /** The same of the exchange, where it runs beside the server. */
  exchangeMicrosPerOrder: number | null;
}

/** A server under load, and whose processor time counts. */
interface Measurable {
  server: string;
  target: Target;
  pid: number;
  exchangePid?: number | null;
}

const MOST = "as fast as it goes";

class Loads {
  readonly #child = new Child<LoadMessage>("the load", script("load.ts"));
  readonly #options: CaseOptions;
  readonly measured: Measured[] = [];
  #run = 0;

  constructor(options: CaseOptions) {
    this.#options = options;
  }

  #one(target: Target, ratePerSecond: number | null, seconds: number): Promise<LoadAnswer> {
    this.#run += 1;
    const question = { ...target, ratePerSecond, concurrency: CONCURRENCY, seconds };
    return this.#child.ask<LoadAnswer>({ ...question, run: `r${this.#run}` });
  }

  /** Each in turn, at each rate. */
  async measure(servers: readonly Measurable[]): Promise<void> {
    for (const { target } of servers) await this.#one(target, null, WARM_UP_SECONDS);
    for (let round = 0; round < this.#options.rounds; round += 1)
      for (const rate of [...RATES, null])
        for (const each of servers) await this.#measureOne(each, rate);
  }

  async #measureOne(
    { server, target, pid, exchangePid = null }: Measurable,
    rate: number | null,
  ): Promise<void> {
    const used = (): number => cpuSeconds(pid) ?? 0;
    const usedThere = (): number => (exchangePid === null ? 0 : (cpuSeconds(exchangePid) ?? 0));
    const before = [used(), usedThere()] as const;
    const answer = await this.#one(target, rate, this.#options.seconds);
    const micros = (seconds: number): number =>
      Math.round((seconds * 1e6) / Math.max(1, answer.answered));
    const load = rate === null ? MOST : `${rate}/s`;
    this.measured.push({
      server,
      load,
      answer,
      microsPerOrder: micros(used() - before[0]),
      exchangeMicrosPerOrder: exchangePid === null ? null : micros(usedThere() - before[1]),
    });
    this.#options.say(`${server}, ${load}: ${answer.perSecond}/s, p99 ${answer.p99Ms} ms`);
  }

  stop(): void {
    this.#child.stop();
  }
}

/** Trunkline with the exchange in a process of its own, beside what it is compared with. */
async function besideOthers(loads: Loads): Promise<void> {
  const runtime = await startRuntime({ isExchangeApart: true });
  const hops = await startHops();
  const service = new Child<{ op: "listen" }>("the plain service", script("plain-service.ts"));
  try {
    const ours = await trunkline(runtime);
    const { url } = await service.ask<{ url: string }>({ op: "listen" });
    const { pid, exchangePid } = runtime;
    await loads.measure([
      { server: TRUNKLINE, target: ours, pid, exchangePid },
      { server: PLAIN, target: { ...ours, url, path: "/" }, pid: service.pid },
      { server: "hops alone", target: { ...ours, url: hops.url, path: "/" }, pid: hops.pid },
      { server: "static route", target: { ...ours, path: "/health", method: "GET" }, pid },
    ]);
  } finally {
    service.stop();
    await hops.stop();
    await runtime.platform.stop();
  }
}

/** Trunkline with the exchange in its own thread, as one process runs on a desk. */
async function exchangeInside(loads: Loads): Promise<void> {
  const runtime = await startRuntime();
  try {
    const target = await trunkline(runtime);
    await loads.measure([{ server: INSIDE, target, pid: runtime.pid }]);
  } finally {
    await runtime.platform.stop();
  }
}

async function orders(options: CaseOptions): Promise<CaseResult> {
  const loads = new Loads(options);
  try {
    await besideOthers(loads);
    await exchangeInside(loads);
    return resultOf(loads.measured, fsyncMs());
  } finally {
    loads.stop();
  }
}

function resultOf(measured: Measured[], diskMs: number): CaseResult {
  const of = (server: string, name: string, figure: (answer: LoadAnswer) => number | null) =>
    median(
      measured
        .filter((each) => each.server === server && each.load === name)
        .map(({ answer }) => figure(answer)),
    );
  const groups = [...Map.groupBy(measured, ({ server, load }) => `${server}|${load}`).values()];
  const rows = groups.map((group): Cell[] => {
    const [first] = group as [Measured, ...Measured[]];
    const figure = (pick: (answer: LoadAnswer) => number | null): number | null =>
      of(first.server, first.load, pick);
    const refusals = group.flatMap(({ answer }) => Object.entries(answer.refused));
    return [
      first.server,
      first.load,
      figure(({ perSecond }) => perSecond),
      figure(({ p50Ms }) => p50Ms),
      figure(({ p99Ms }) => p99Ms),
      median(group.map(({ microsPerOrder }) => microsPerOrder)),
      median(group.map(({ exchangeMicrosPerOrder }) => exchangeMicrosPerOrder)),
      refusals.map(([name, count]) => `${count} × ${name}`).join(", ") || "none",
    ];
  });
  const best = of(TRUNKLINE, MOST, ({ perSecond }) => perSecond);
  const refused = measured
    .filter(({ server }) => server === TRUNKLINE || server === INSIDE)
    .flatMap(({ answer }) => Object.values(answer.refused))
    .reduce((sum, count) => sum + count, 0);
  return {
    rows: [],
    figures: {
      head: [
        "server",
        "load",
        "answered/s",
        "p50 ms",
        "p99 ms",
        "server µs each",
        "exchange µs",
        "refused",
      ],
      rows,
    },
    checks: [
      atMost(
        "p99 at 500 orders/s",
        of(TRUNKLINE, "500/s", ({ p99Ms }) => p99Ms),
        25,
        " ms",
      ),
      atLeast("most orders", best, 1_500, "/s"),
      atLeast(
        "most orders ÷ the plain service's",
        times(
          best,
          of(PLAIN, MOST, ({ perSecond }) => perSecond),
        ),
        0.4,
        "",
      ),
      atMost("orders refused", refused, 0, ""),
    ],
    notes: [
      `Orders rest at the exchange: ${ALGOS} algos, ${INSTRUMENTS} instruments, every check on, ${CONCURRENCY} requests at a time when as fast as it goes.`,
      `An fsync takes ${diskMs.toFixed(2)} ms where the state of all of them lies (TMPDIR): the plain service waits for one at each order, Trunkline for a few at every group of orders.`,
      "Trunkline's exchange runs in a process of its own, as a real broker does, and is reached over the loopback network; it is the very object that runs inside otherwise, and does all that it does there. With the exchange inside, its processor time is the server's.",
      "The plain service writes one row per order with node:sqlite (WAL, synchronous = FULL). The static route is Trunkline's /health.",
      "The hops alone are the way of an order through the same runtime with nothing on it: the same calls between three objects, one row in each, no check and no order.",
    ],
  };
}

export const ORDER_CASES: Case[] = [
  { name: "orders", title: "from an intent to its answer, every check on", run: orders },
];
