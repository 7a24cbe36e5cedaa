/** What the bench uses of the local simulator that comes with wrangler, of the very version that wrangler runs. */
import { createRequire } from "node:module";

export interface DurableObjects {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string): Promise<{ json(): Promise<unknown> }> };
}

export interface Instance {
  ready: Promise<URL>;
  unsafeGetDirectURL(worker: string): Promise<URL>;
  getDurableObjectNamespace(binding: string, worker: string): Promise<DurableObjects>;
  dispose(): Promise<void>;
}

interface Simulator {
  Miniflare: new (options: unknown) => Instance;
  convertV4MiniflareOptions(options: unknown): unknown;
}

const simulator = createRequire(import.meta.resolve("wrangler"))("miniflare") as Simulator;

/** A runtime process of its own. The options are those of Miniflare 4. */
export const simulate = (options: object): Instance =>
  new simulator.Miniflare(simulator.convertV4MiniflareOptions(options));
