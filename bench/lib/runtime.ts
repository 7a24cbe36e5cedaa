/**
 * Runs the deployed bundle on the runtime itself, without the proxy and the log line that `wrangler dev`
 * puts before every request: what is measured here is the Worker. Its static files are left out.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { Failure } from "../../scripts/lib/failure.ts";
import { ROOT, tool } from "../../scripts/lib/paths.ts";
import { run } from "../../scripts/lib/run.ts";
import type { LocalWorkerOptions } from "../../scripts/lib/worker.ts";
import { type Platform, type PlatformWorker, startPlatform } from "../../test/support/platform.ts";
import { fireCron } from "../../scripts/lib/wake.ts";
import { COUNTING_ENTRY, type Counts } from "./counting.ts";
import { entryOf } from "./entry.ts";
import { type ExchangeApart, startExchange } from "../orders/exchange-apart.ts";
import { childrenNamed } from "./processes.ts";
import { type Instance, simulate } from "./simulator.ts";

const WORKER = "trunkline";

/** A Worker whose class stands in for the paper exchange, so that a load of our own feeds the shards. */
export interface ExchangeWorker {
  /** JavaScript of a module that exports the class `Exchange`. */
  script: string;
  /** Its variables. */
  bindings: Record<string, string>;
}

export interface RuntimeOptions {
  vars?: Record<string, string>;
  exchange?: ExchangeWorker;
  /** Runs the paper exchange in a process of its own, as a real broker does, reached over the loopback network. */
  isExchangeApart?: boolean;
  /** Notes when each order passed each door. */
  isTraced?: boolean;
  /** Counts what is billed; it costs the tick path, so nothing is timed with it. */
  isCounting?: boolean;
  /** Opens the runtime's inspector there, so that a profiler can look in. */
  inspectorPort?: number;
}

export interface Runtime {
  platform: Platform;
  /** Of the runtime's own process, to measure it. */
  pid: number;
  /** Of the exchange's process; null when it has none of its own. */
  exchangePid: number | null;
  /** Ends a shard's present run at once: its memory and its sockets are gone, its storage stays. */
  crashShard(shard: string): Promise<void>;
  /** What was counted since the start; nothing without `isCounting`. */
  counts(): Promise<Counts>;
  /** Fires the cron as the platform does each minute. */
  fireCron(): Promise<void>;
}

/** Without the dashboard, which nothing here asks for and a fresh clone has not built yet. */
async function bundle(directory: string): Promise<string> {
  const noAssets = join(directory, "no-assets");
  mkdirSync(noAssets, { recursive: true });
  const { code, output } = await run(tool("wrangler"), [
    "deploy",
    "--dry-run",
    `--outdir=${directory}`,
    `--assets=${noAssets}`,
  ]);
  if (code !== 0) throw new Failure(`${output}\nThe Worker could not be bundled.`);
  return join(directory, "index.js");
}

/** The exchange's class runs in a Worker of its own; the Worker's binding points there. */
function exchangeWorker({ script, bindings }: ExchangeWorker, compatibilityDate: string) {
  return {
    name: "exchange",
    compatibilityDate,
    modules: [{ type: "ESModule", path: "exchange.js", contents: script }],
    bindings,
    durableObjects: { OWN: { className: "Exchange", useSQLite: true } },
  };
}

interface Started {
  instance: Instance;
  exchange: ExchangeApart | null;
}

async function start(options: LocalWorkerOptions, more: RuntimeOptions): Promise<Started> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  const { assets: _, modulesRules: __, ...worker } = workerOptions;
  const { bindings, durableObjects } = worker as Record<string, Record<string, unknown>>;
  const directory = join(options.home.directory, "bundle");
  const bundled = await bundle(directory);
  const compatibilityDate = String(workerOptions.compatibilityDate);
  const exchangeState = join(options.home.directory, "exchange");
  const apart = more.isExchangeApart
    ? await startExchange(directory, exchangeState, compatibilityDate)
    : null;
  const { isTraced = false } = more;
  const entry = entryOf({ exchangeUrl: apart?.url ?? null, isTraced });
  const main = {
    ...worker,
    name: WORKER,
    modules: [
      {
        type: "ESModule",
        path: join(directory, "entry.js"),
        contents: more.isCounting ? COUNTING_ENTRY : entry,
      },
      { type: "ESModule", path: bundled },
    ],
    modulesRoot: directory,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: options.port }],
    bindings: {
      ...bindings,
      ENVIRONMENT: "development",
      DEVELOPMENT_KEY_SHA256: options.developmentKeyHash,
      ...options.vars,
    },
    durableObjects: {
      ...durableObjects,
      ...(more.exchange && {
        PAPER_BROKER: { className: "Exchange", scriptName: "exchange", useSQLite: true },
      }),
    },
  };
  const exchange = more.exchange ? [exchangeWorker(more.exchange, compatibilityDate)] : [];
  const state = join(options.home.state, "v3");
  mkdirSync(state, { recursive: true });
  const shared = {
    host: "127.0.0.1",
    port: 0,
    resourcePersistencePath: state,
    unsafeTriggerHandlers: true,
    logRequests: false,
    ...(more.inspectorPort !== undefined && { inspectorPort: more.inspectorPort }),
  };
  const all = { ...shared, workers: [main, ...exchange] };
  return { instance: simulate(all), exchange: apart };
}

/** A platform as `startPlatform` gives it, on the bare runtime. Its `stop` ends all of it. */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  let instance: Instance | null = null;
  let exchange: ExchangeApart | null = null;
  let cronUrl = "";
  const startWorker = async (worker: LocalWorkerOptions): Promise<PlatformWorker> => {
    const started = await start(worker, options);
    instance = started.instance;
    exchange = started.exchange;
    const controlUrl = (await instance.ready).origin;
    const url = (await instance.unsafeGetDirectURL(WORKER)).origin;
    const pid = childrenNamed("workerd").at(-1) ?? 0;
    const stop = async (): Promise<void> => {
      await started.instance.dispose();
      await started.exchange?.stop();
    };
    const process = { pid, stop, tail: () => "its log is the bench's own output" };
    cronUrl = `${controlUrl}/cdn-cgi/local/scheduled`;
    return { url, cronUrl, process };
  };
  const platform = await startPlatform(options.vars, startWorker);
  return {
    platform,
    pid: platform.pid,
    exchangePid: (exchange as ExchangeApart | null)?.pid ?? null,
    crashShard: async (shard) => {
      const shards = await instance?.getDurableObjectNamespace("FEED_SHARD", WORKER);
      // The answer is the crash itself.
      await shards
        ?.get(shards.idFromName(shard))
        .fetch("https://object/crash")
        .catch(() => null);
    },
    counts: async () => {
      const shards = await instance?.getDurableObjectNamespace("FEED_SHARD", WORKER);
      const counter = shards?.get(shards.idFromName("paper:paper:1"));
      return (await (await counter?.fetch("https://object/counts"))?.json()) as Counts;
    },
    fireCron: () => fireCron(platform.url, cronUrl),
  };
}
