/**
 * Runs the deployed bundle on the runtime itself, without the proxy and the log line that `wrangler dev`
 * puts before every request: what is measured here is the Worker. Its static files are left out.
 */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { Failure } from "../../scripts/lib/failure.ts";
import { ROOT, tool } from "../../scripts/lib/paths.ts";
import { run } from "../../scripts/lib/run.ts";
import type { LocalWorkerOptions } from "../../scripts/lib/worker.ts";
import { type Platform, type PlatformWorker, startPlatform } from "../../test/support/platform.ts";
import { fireCron } from "../../scripts/lib/wake.ts";
import { COUNTING_ENTRY, type Counts } from "./counting.ts";
import { childrenNamed } from "./processes.ts";

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
  /** Counts what is billed; it costs the tick path, so nothing is timed with it. */
  isCounting?: boolean;
  /** Opens the runtime's inspector there, so that a profiler can look in. */
  inspectorPort?: number;
}

export interface Runtime {
  platform: Platform;
  /** Of the runtime's own process, to measure it. */
  pid: number;
  /** Ends a shard's present run at once: its memory and its sockets are gone, its storage stays. */
  crashShard(shard: string): Promise<void>;
  /** What was counted since the start; nothing without `isCounting`. */
  counts(): Promise<Counts>;
  /** Fires the cron as the platform does each minute. */
  fireCron(): Promise<void>;
}

interface DurableObjects {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string): Promise<{ json(): Promise<unknown> }> };
}

/** What we use of the local simulator that comes with wrangler, of the very version that wrangler runs. */
interface Simulator {
  Miniflare: new (options: unknown) => {
    ready: Promise<URL>;
    unsafeGetDirectURL(worker: string): Promise<URL>;
    getDurableObjectNamespace(binding: string, worker: string): Promise<DurableObjects>;
    dispose(): Promise<void>;
  };
  convertV4MiniflareOptions(options: unknown): unknown;
}

const simulator = createRequire(import.meta.resolve("wrangler"))("miniflare") as Simulator;

type Instance = InstanceType<Simulator["Miniflare"]>;

async function bundle(directory: string): Promise<string> {
  const { code, output } = await run(tool("wrangler"), [
    "deploy",
    "--dry-run",
    `--outdir=${directory}`,
  ]);
  if (code !== 0) throw new Failure(`${output}\nThe Worker could not be bundled.`);
  return join(directory, "index.js");
}

/** The bundle with one thing more: a shard can be ended, as the platform does without asking. */
const ENTRY = `
import { FeedShard as Shard } from "./index.js";
export * from "./index.js";
export { default } from "./index.js";
export class FeedShard extends Shard {
  fetch() { this.ctx.abort("ended by the bench"); }
}
`;

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

async function start(options: LocalWorkerOptions, more: RuntimeOptions): Promise<Instance> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  const { assets: _, modulesRules: __, ...worker } = workerOptions;
  const { bindings, durableObjects } = worker as Record<string, Record<string, unknown>>;
  const directory = join(options.home.directory, "bundle");
  const main = {
    ...worker,
    name: WORKER,
    modules: [
      {
        type: "ESModule",
        path: join(directory, "entry.js"),
        contents: more.isCounting ? COUNTING_ENTRY : ENTRY,
      },
      { type: "ESModule", path: await bundle(directory) },
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
  const exchange = more.exchange
    ? [exchangeWorker(more.exchange, String(workerOptions.compatibilityDate))]
    : [];
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
  return new simulator.Miniflare(simulator.convertV4MiniflareOptions(all));
}

/** A platform as `startPlatform` gives it, on the bare runtime. Its `stop` ends all of it. */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  let instance: Instance | null = null;
  let cronUrl = "";
  const startWorker = async (worker: LocalWorkerOptions): Promise<PlatformWorker> => {
    const started = await start(worker, options);
    instance = started;
    const controlUrl = (await started.ready).origin;
    const url = (await started.unsafeGetDirectURL(WORKER)).origin;
    const pid = childrenNamed("workerd").at(-1) ?? 0;
    const stop = (): Promise<void> => started.dispose();
    const process = { pid, stop, tail: () => "its log is the bench's own output" };
    cronUrl = `${controlUrl}/cdn-cgi/local/scheduled`;
    return { url, cronUrl, process };
  };
  const platform = await startPlatform(options.vars, startWorker);
  return {
    platform,
    pid: platform.pid,
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
