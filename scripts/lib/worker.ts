/** Runs the Worker locally under `wrangler dev` and waits until it answers. */
import { join } from "node:path";
import { Failure } from "./failure.ts";
import type { Home } from "./paths.ts";
import { tool } from "./paths.ts";
import { type Running, start } from "./processes.ts";

/** The first start bundles the Worker and opens the database; a slow machine takes half a minute. */
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;

export interface LocalWorker {
  /** `http://127.0.0.1:<port>` */
  url: string;
  process: Running;
}

export interface LocalWorkerOptions {
  home: Home;
  port: number;
  /** SHA-256 (hex) of the development key. */
  developmentKeyHash: string;
  /** Further variables of the Worker. */
  vars?: Record<string, string>;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    // Refused: it does not listen yet.
    return false;
  }
}

/** Throws a `Failure` with the Worker's own last words when it ends or stays silent. */
async function ready(url: string, running: Running): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (running.exitCode() !== null) break;
    if (await answers(url)) return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  const why = running.exitCode() === null ? "did not answer in time" : "ended at once";
  await running.stop();
  throw new Failure(`${running.tail()}\n\nThe Worker ${why}. Its log: ${running.logFile}`);
}

export async function startWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  const vars = {
    ENVIRONMENT: "development",
    DEVELOPMENT_KEY_SHA256: options.developmentKeyHash,
    ...options.vars,
  };
  const running = start({
    name: "worker",
    command: tool("wrangler"),
    args: [
      "dev",
      "--local",
      "--ip=127.0.0.1",
      `--port=${options.port}`,
      // Port 0: any free one, so that several platforms can run side by side.
      "--inspector-port=0",
      `--persist-to=${options.home.state}`,
      "--show-interactive-dev-session=false",
      "--log-level=warn",
      ...Object.entries(vars).map(([name, value]) => `--var=${name}:${value}`),
    ],
    logFile: join(options.home.log, "worker.log"),
  });
  const url = `http://127.0.0.1:${options.port}`;
  await ready(url, running);
  return { url, process: running };
}
