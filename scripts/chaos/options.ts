/** The options of `npm run chaos`. */
import { parseArgs } from "node:util";
import { joinNegatives } from "../lib/arguments.ts";
import { EXIT_USAGE, Failure } from "../lib/failure.ts";

export interface ChaosOptions {
  seed: number;
  /** How long trouble goes on. */
  seconds: number;
  algos: number;
  /** Intents per second of all algos together. */
  rate: number;
  keep: boolean;
}

export const HELP = `npm run chaos -- [options]

Runs the platform for real, with ten algos trading on the paper exchange, while the
exchange misbehaves and the runtime is killed (-9) and started again at random moments.
At the end our ledger, our tradebook and the exchange's own books are compared row by row.

  --seconds N   length of the trouble (default 60, 5 to 3600)
  --seed N      what goes wrong, and when (default: drawn; printed first)
  --algos N     algos that trade (default 10, 1 to 50)
  --rate N      intents a second, all algos together (default 20, 1 to 200)
  --keep        leave the databases and logs where they are, to look at
  --help        this text

Exit code 0: nothing was lost, doubled or left in doubt. 1: something was; it is listed.`;

const SEED_MAX = 0xffff_ffff;

function whole(text: string, name: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= from && value <= to) return value;
  throw new Failure(
    `--${name} must be a whole number from ${from} to ${to}, not "${text}". See: npm run chaos -- --help`,
    EXIT_USAGE,
  );
}

/** Null: help was asked for. */
export function chaosOptions(args: string[], drawSeed: () => number): ChaosOptions | null {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  let values: ReturnType<typeof parse>;
  const parse = () =>
    parseArgs({
      args: joinNegatives(args),
      options: { seconds: text, seed: text, algos: text, rate: text, keep: flag, help: flag },
    }).values;
  try {
    values = parse();
  } catch (error) {
    throw new Failure(`${(error as Error).message}. See: npm run chaos -- --help`, EXIT_USAGE);
  }
  if (values.help) return null;
  return {
    seed: whole(values.seed ?? String(drawSeed()), "seed", 0, SEED_MAX),
    seconds: whole(values.seconds ?? "60", "seconds", 5, 3_600),
    algos: whole(values.algos ?? "10", "algos", 1, 50),
    rate: whole(values.rate ?? "20", "rate", 1, 200),
    keep: values.keep ?? false,
  };
}
