/** The platform that chaos is made with: started, killed and started again on the same databases. */
import type { Page } from "../../src/contract/primitives.ts";
import type { KeyScope } from "../../src/contract/operations.ts";
import { Failure } from "../lib/failure.ts";
import { developmentKey } from "../lib/keys.ts";
import type { Home } from "../lib/paths.ts";
import { freePort } from "../lib/port.ts";
import { databaseStep, runStep } from "../lib/steps.ts";
import { fireCron, wake } from "../lib/wake.ts";
import { type LocalWorker, startWorker } from "../lib/worker.ts";

/** Longer than any answer that is meant to come. */
const CALL_TIMEOUT_MS = 10_000;

export class ChaosPlatform {
  readonly url: string;
  readonly home: Home;
  readonly #port: number;
  readonly #administrator: { key: string; sha256: string };
  #worker: LocalWorker | null = null;
  starts = 0;

  constructor(home: Home, port: number) {
    this.home = home;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#administrator = developmentKey(home);
  }

  static async at(home: Home): Promise<ChaosPlatform> {
    await runStep(databaseStep(home.state), () => {});
    return new ChaosPlatform(home, await freePort());
  }

  async start(): Promise<void> {
    this.#worker = await startWorker({
      home: this.home,
      port: this.#port,
      developmentKeyHash: this.#administrator.sha256,
    });
    this.starts += 1;
  }

  /** Everything awake, or a failure that says what is not. */
  async awake(): Promise<void> {
    const asleep = await wake(this.url, this.#administrator.key);
    if (asleep !== null) throw new Failure(`The platform does not wake up: ${asleep}`);
  }

  /** The runtime is gone at once, in the middle of whatever it did. */
  async kill(): Promise<void> {
    await this.#worker?.process.kill();
  }

  async stop(): Promise<void> {
    await this.#worker?.process.stop();
  }

  /** The minute's cron. A platform that is down misses it, as it would. */
  async cron(): Promise<void> {
    await fireCron(this.url).catch(() => {});
  }

  /** Throws when no good answer comes. */
  async call<T>(path: string, body?: unknown, method = body ? "POST" : "GET"): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#administrator.key}`,
        "content-type": "application/json",
      },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Every row of a list. */
  async all<T>(path: string): Promise<T[]> {
    const found: T[] = [];
    let cursor: string | null = null;
    do {
      const after: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<T> = await this.call<Page<T>>(`${path}?limit=500${after}`);
      found.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }

  async key(algoId: string): Promise<string> {
    const scopes: KeyScope[] = ["read", "trade"];
    return (await this.call<{ key: string }>("/v1/keys", { name: algoId, scopes, algoId })).key;
  }
}
