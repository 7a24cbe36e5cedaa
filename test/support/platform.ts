/** A whole platform for a test: real `wrangler dev`, its own port, database and key, and a sure end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyScope } from "../../src/contract/operations.ts";
import type { PaperView } from "../../src/contract/paper.ts";
import { developmentKey } from "../../scripts/lib/keys.ts";
import { homeAt } from "../../scripts/lib/paths.ts";
import { databaseStep, runStep } from "../../scripts/lib/steps.ts";
import { wake } from "../../scripts/lib/wake.ts";
import type { Running } from "../../scripts/lib/processes.ts";
import { type LocalWorkerOptions, startWorker } from "../../scripts/lib/worker.ts";
import { testPort } from "./port.ts";

export interface CallOptions {
  method?: string;
  body?: unknown;
  /** The development key when left out; null sends none. */
  key?: string | null;
}

export interface Answer<T> {
  status: number;
  body: T;
}

export interface Platform {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** `ws://127.0.0.1:<port>/v1/stream` */
  streamUrl: string;
  developmentKey: string;
  directory: string;
  /** The process id of the local Worker, to measure it. */
  pid: number;
  /** Calls the API and gives status and parsed body, whatever they are. */
  call<T = unknown>(path: string, options?: CallOptions): Promise<Answer<T>>;
  /** As `call`, but a status other than 2xx is an error with the body in its message. */
  get<T = unknown>(path: string): Promise<T>;
  post<T = unknown>(path: string, body: unknown): Promise<T>;
  /** Makes an API key and gives its text. */
  key(name: string, scopes: KeyScope[], algoId?: string): Promise<string>;
  paper(): Promise<PaperView>;
  stop(): Promise<void>;
}

/** The Worker that a platform runs on, however it was started. */
export interface PlatformWorker {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Where its cron is fired, when that is not below `url`. */
  cronUrl?: string;
  process: Pick<Running, "pid" | "stop" | "tail">;
}

const ignore = (): void => {};

/**
 * Starts a platform in a new temporary directory. `stop` ends it and deletes the directory. `run` may
 * start the Worker in another way than `wrangler dev`.
 */
export async function startPlatform(
  vars: Record<string, string> = {},
  run: (options: LocalWorkerOptions) => Promise<PlatformWorker> = startWorker,
): Promise<Platform> {
  const directory = mkdtempSync(join(tmpdir(), "trunkline-platform-"));
  const home = homeAt(directory);
  await runStep(databaseStep(home.state), ignore);
  const { key: administrator, sha256 } = developmentKey(home);
  const port = await testPort();
  const worker = await run({ home, port, developmentKeyHash: sha256, vars });
  const asleep = await wake(worker.url, administrator, worker.cronUrl);
  // One that waits for a person is as awake as it can be.
  if (asleep !== null && vars["PAPER_SIGN_IN"] !== "person") {
    await worker.process.stop();
    throw new Error(`the platform does not wake up: ${asleep}\n${worker.process.tail()}`);
  }

  const call = async <T>(path: string, options: CallOptions = {}): Promise<Answer<T>> => {
    const { method = options.body === undefined ? "GET" : "POST", body, key } = options;
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (key !== null) headers["authorization"] = `Bearer ${key ?? administrator}`;
    const response = await fetch(`${worker.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") ?? false;
    return { status: response.status, body: (json ? JSON.parse(text) : text) as T };
  };

  const must = async <T>(path: string, options: CallOptions = {}): Promise<T> => {
    const { status, body } = await call<T>(path, options);
    if (status >= 200 && status < 300) return body;
    throw new Error(`${options.method ?? ""} ${path} answered ${status}: ${JSON.stringify(body)}`);
  };

  return {
    url: worker.url,
    streamUrl: `${worker.url.replace("http", "ws")}/v1/stream`,
    developmentKey: administrator,
    directory,
    pid: worker.process.pid,
    call,
    get: must,
    post: (path, body) => must(path, { method: "POST", body }),
    key: async (name, scopes, algoId) => {
      const body = algoId === undefined ? { name, scopes } : { name, scopes, algoId };
      return (await must<{ key: string }>("/v1/keys", { body })).key;
    },
    paper: () => must<PaperView>("/v1/paper"),
    stop: async () => {
      await worker.process.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
