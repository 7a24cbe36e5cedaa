/**
 * Fan-out: many sockets on the same instruments, Trunkline against a plain hub, in turns on the same
 * machine. Latency runs from the time a tick was made (paper broker or hub) to its arrival at the
 * client, on one clock of one machine, in whole milliseconds. Trunkline's path holds the broker's
 * socket, the shard and the market; the hub's holds nothing but the hub.
 */
import type { Platform } from "../../test/support/platform.ts";
import { table } from "../lib/table.ts";
import { type Figures, measure, startHub } from "./measure.ts";

export interface FanOutOptions {
  seconds: number;
  repeats: number;
  ticksPerSecond: number;
}

const INSTRUMENTS = 100;
const SOCKETS = [20, 200];
const WARM_UP_MS = 1_000;

/** No further round begins after this: on a busy machine a bench of fewer rounds beats none. */
const ROUNDS_BUDGET_MS = 60_000;

type Format = "compact" | "plain" | "hub";

interface Row {
  server: string;
  sockets: number;
  figures: Figures[];
}

const LABELS: Record<Format, string> = {
  compact: "Trunkline, compact",
  plain: "Trunkline, plain",
  hub: "plain ws hub",
};

/** The middle one; of two middle ones the higher, which is the worse of two latencies. */
function median(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}

async function instrumentsOf(platform: Platform): Promise<string[]> {
  const { items } = await platform.get<{ items: { id: string }[] }>("/v1/instruments?limit=500");
  const ids = items.map((item) => item.id).slice(0, INSTRUMENTS);
  if (ids.length < INSTRUMENTS) throw new Error(`only ${ids.length} instruments to subscribe to`);
  return ids;
}

/** Runs every measurement in turns, so that a busy moment of the machine meets both sides. */
async function measureAll(platform: Platform, options: FanOutOptions): Promise<Row[]> {
  const instruments = await instrumentsOf(platform);
  const key = await platform.key("bench", ["read"]);
  const { ticksPerSecond } = options;
  const rows = new Map<string, Row>();
  const load = { instruments, warmUpMs: WARM_UP_MS, measureMs: options.seconds * 1_000 };
  const one = async (format: Format, sockets: number): Promise<void> => {
    let figures: Figures;
    if (format === "hub") {
      const hub = await startHub(ticksPerSecond, instruments);
      figures = await measure({ ...load, url: hub.url, key: null, format, sockets });
      hub.stop();
    } else {
      await platform.post("/v1/paper/market", { ticksPerSecond });
      const url = `${platform.streamUrl}?format=${format}`;
      figures = await measure({ ...load, url, key, format, sockets });
      await platform.post("/v1/paper/market", { ticksPerSecond: 0 });
    }
    const row = rows.get(`${format} ${sockets}`) ?? {
      server: LABELS[format],
      sockets,
      figures: [],
    };
    row.figures.push(figures);
    rows.set(`${format} ${sockets}`, row);
    const { deliveriesPerSecond, p99Ms } = figures;
    console.log(`${LABELS[format]}, ${sockets} sockets: ${deliveriesPerSecond}/s, p99 ${p99Ms} ms`);
  };
  const began = performance.now();
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    if (repeat > 0 && performance.now() - began > ROUNDS_BUDGET_MS) break;
    for (const sockets of SOCKETS) {
      await one("compact", sockets);
      await one("hub", sockets);
      // Once is enough to know what the readable format costs.
      if (repeat === 0) await one("plain", sockets);
    }
  }
  return [...rows.values()].toSorted((a, b) => a.sockets - b.sockets);
}

const result = ({ server, sockets, figures }: Row) => ({
  server,
  sockets,
  runs: figures.length,
  deliveriesPerSecond: median(figures.map((each) => each.deliveriesPerSecond)),
  framesPerSecond: median(figures.map((each) => each.framesPerSecond)),
  p50Ms: median(figures.map((each) => each.p50Ms)),
  p99Ms: median(figures.map((each) => each.p99Ms)),
  lost: Math.max(...figures.map((each) => each.lost)),
  dropped: Math.max(...figures.map((each) => each.dropped)),
});

type Outcome = ReturnType<typeof result>;

const ratio = (a: number | null | undefined, b: number | null | undefined): number | null =>
  typeof a === "number" && typeof b === "number" && b > 0 ? Math.round((a / b) * 100) / 100 : null;

function ratios(results: Outcome[]) {
  return SOCKETS.map((sockets) => {
    const of = (format: Format): Outcome | undefined =>
      results.find((each) => each.sockets === sockets && each.server === LABELS[format]);
    const [ours, hub] = [of("compact"), of("hub")];
    return {
      sockets,
      deliveries: ratio(ours?.deliveriesPerSecond, hub?.deliveriesPerSecond),
      p50: ratio(ours?.p50Ms, hub?.p50Ms),
      p99: ratio(ours?.p99Ms, hub?.p99Ms),
    };
  });
}

/** Prints the tables and answers what the last line of JSON holds. */
export async function fanOut(platform: Platform, options: FanOutOptions): Promise<object> {
  const results = (await measureAll(platform, options)).map(result);
  const compared = ratios(results);
  const offered = (sockets: number): number => sockets * options.ticksPerSecond;
  console.log(
    `\nfan-out: ${INSTRUMENTS} instruments, ${options.ticksPerSecond} ticks/s offered, ` +
      `${options.seconds} s a run, medians of the runs, worst loss\n`,
  );
  console.log(
    table(
      [
        "server",
        "sockets",
        "runs",
        "offered/s",
        "deliveries/s",
        "messages/s",
        "p50 ms",
        "p99 ms",
        "lost",
        "dropped",
      ],
      results.map((each) => [
        each.server,
        each.sockets,
        each.runs,
        offered(each.sockets),
        each.deliveriesPerSecond,
        each.framesPerSecond,
        each.p50Ms,
        each.p99Ms,
        each.lost,
        each.dropped,
      ]),
    ),
  );
  console.log(
    "\nTrunkline compact ÷ hub (deliveries: higher is better; latency: lower is better)\n",
  );
  console.log(
    table(
      ["sockets", "deliveries", "p50", "p99"],
      compared.map((each) => [each.sockets, each.deliveries, each.p50, each.p99]),
    ),
  );
  return { instruments: INSTRUMENTS, ...options, results, ratios: compared };
}
