/** `npm run simulate [-- --seeds N --from S]`: searches for schedules of faults that break an order's life. */
import { parseArgs } from "node:util";
import { joinNegatives } from "./lib/arguments.ts";
import { REFUSAL_CODES } from "../src/domain/risk/refusal.ts";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";
import { searchSeeds, type Total } from "./simulate/pool.ts";
import type { Failure as Found } from "./simulate/search.ts";

const SEEDS_DEFAULT = "1000";
const SEEDS_MAX = 10_000_000;
/** For each worker: the first few say enough. */
const FAILURES_MAX = 3;
const PROGRESS_MS = 1_000;

const USAGE = "Use: npm run simulate -- [--seeds N] [--from SEED] [--first]";

function whole(text: string, name: string, min: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= SEEDS_MAX)
    return value;
  throw new Failure(
    `--${name} must be a whole number from ${min} to ${SEEDS_MAX}, not "${text}". ${USAGE}`,
    EXIT_USAGE,
  );
}

function options(): { seeds: number; from: number; first: boolean } {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: joinNegatives(process.argv.slice(2)),
      options: { seeds: text, from: text, first: { type: "boolean" } },
    });
    const seeds = whole(values.seeds ?? SEEDS_DEFAULT, "seeds", 1);
    return { seeds, from: whole(values.from ?? "1", "from", 0), first: values.first ?? false };
  } catch (error) {
    throw error instanceof Failure
      ? error
      : new Failure(`${(error as Error).message}. ${USAGE}`, EXIT_USAGE);
  }
}

function show({ seed, breaches, plan, before }: Found): string {
  const faults = Object.entries(plan.faults)
    .filter(([, most]) => most > 0)
    .map(([name, most]) => `    ${name} ${most.toFixed(2)}`);
  const steps = plan.steps.map(
    ({ at, kind, ...rest }) => `    ${at} ms ${kind} ${JSON.stringify(rest)}`,
  );
  return [
    `\nSeed ${seed} fails: ${breaches.join("; ")}`,
    `  the shortest found (${faults.length + steps.length} of ${before} faults and steps):`,
    ...faults,
    ...steps,
    `  the whole run again: npm run simulate -- --seeds 1 --from ${seed}`,
  ].join("\n");
}

function summary(total: Total, ms: number): string {
  const faults = [...total.faults].sort(([a], [b]) => a.localeCompare(b));
  const width = Math.max(
    ...[...faults.map(([kind]) => kind), ...REFUSAL_CODES].map((name) => name.length),
  );
  return [
    `\n${total.seeds} seeds, ${total.events} ledger events, ${total.orders} orders sent, ${(ms / 1_000).toFixed(1)} s`,
    "faults by kind:",
    ...faults.map(([kind, count]) => `  ${kind.padEnd(width)} ${count}`),
    "orders and new terms refused, by the check:",
    ...REFUSAL_CODES.map((code) => `  ${code.padEnd(width)} ${total.refusals.get(code) ?? 0}`),
    `violations: ${total.failures.length}`,
  ].join("\n");
}

await main(async () => {
  const { seeds, from, first } = options();
  const started = performance.now();
  let shownAt = 0;
  const total = await searchSeeds({
    from,
    seeds,
    failuresMax: first ? 1 : FAILURES_MAX,
    shrink: !first,
    onProgress({ seeds: done, failures }) {
      const now = performance.now();
      if (now - shownAt < PROGRESS_MS) return;
      shownAt = now;
      process.stderr.write(`\r${done} of ${seeds} seeds, ${failures.length} violations `);
    },
  });
  console.log(summary(total, performance.now() - started));
  for (const failure of total.failures) console.log(show(failure));
  return total.failures.length === 0 ? 0 : 1;
});
