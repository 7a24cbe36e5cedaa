/** The example algos as child processes: each with its own key, its output on the terminal and in a log. */
import { join } from "node:path";
import { algoKey } from "../lib/keys.ts";
import { type Home, ROOT } from "../lib/paths.ts";
import { type Running, start } from "../lib/processes.ts";
import type { Say } from "../lib/steps.ts";

export const EXAMPLES = ["moving-average", "mean-reversion"] as const;

export interface ExampleOptions {
  home: Home;
  url: string;
  /** A key that may make keys. */
  administrator: string;
  /** Instruments to trade; null leaves each its own. */
  instruments: string[] | null;
  say: Say;
  /** Told of each one at once, so that it is ended even when the next one does not start. */
  onStart: (running: Running) => void;
}

export async function startExamples(options: ExampleOptions): Promise<void> {
  for (const name of EXAMPLES) {
    const key = await algoKey(options.home, options.url, options.administrator, name);
    const instruments: Record<string, string> = options.instruments
      ? { TRUNKLINE_INSTRUMENTS: options.instruments.join(",") }
      : {};
    options.onStart(
      start({
        name,
        command: process.execPath,
        args: [join(ROOT, "examples", name, "main.ts")],
        env: { TRUNKLINE_URL: options.url, TRUNKLINE_KEY: key, ...instruments },
        logFile: join(options.home.log, `${name}.log`),
        // Each line already says which algo it is from.
        onLine: options.say,
      }),
    );
  }
}
