/** A worker of `npm run simulate`: runs seeds until there are no more, and cuts a failure down to the shortest list of steps it finds. */
import { parentPort, workerData } from "node:worker_threads";
import { QUIET, type FaultName } from "../../test/support/orders/faults.ts";
import { planOf, type Plan } from "../../test/support/orders/plan.ts";
import { runPlan } from "../../test/support/orders/scenario.ts";

export interface SearchData {
  /** Seeds from `from` in steps of `stride`, below `until`. */
  from: number;
  until: number;
  stride: number;
  /** Stop after this many failures. */
  failuresMax: number;
  shrink: boolean;
}

export interface Failure {
  seed: number;
  breaches: string[];
  plan: Plan;
  /** Steps and kinds of fault before the cutting. */
  before: number;
}

export interface Report {
  seeds: number;
  events: number;
  orders: number;
  faults: Record<string, number>;
  /** How often each check refused an order. */
  refusals: Record<string, number>;
  failure: Failure | null;
}

/** Runs that one cutting may take: a failure that resists is shown as long as it is. */
const CUTS_MAX = 400;

async function breachesOf(plan: Plan): Promise<string[]> {
  try {
    return (await runPlan(plan)).breaches;
  } catch (error) {
    return [`the run threw: ${error instanceof Error ? error.message : String(error)}`];
  }
}

const sizeOf = ({ steps, faults }: Plan): number =>
  steps.length + Object.values(faults).filter((most) => most > 0).length;

/** Drops faults and steps, one at a time, as long as something still fails. */
async function cut(plan: Plan): Promise<Plan> {
  const found = { best: plan, runs: 0 };
  const tryOut = async (candidate: Plan): Promise<void> => {
    found.runs += 1;
    if (found.runs > CUTS_MAX || (await breachesOf(candidate)).length === 0) return;
    found.best = candidate;
  };
  let before: number;
  do {
    before = sizeOf(found.best);
    for (const name of Object.keys(QUIET) as FaultName[]) {
      const { best } = found;
      if (best.faults[name] > 0) await tryOut({ ...best, faults: { ...best.faults, [name]: 0 } });
    }
    for (let index = found.best.steps.length - 1; index >= 0; index -= 1)
      await tryOut({ ...found.best, steps: found.best.steps.toSpliced(index, 1) });
  } while (sizeOf(found.best) < before && found.runs <= CUTS_MAX);
  return found.best;
}

async function search({ from, until, stride, failuresMax, shrink }: SearchData): Promise<void> {
  let failures = 0;
  for (let seed = from; seed < until && failures < failuresMax; seed += stride) {
    const report: Report = {
      seeds: 1,
      events: 0,
      orders: 0,
      faults: {},
      refusals: {},
      failure: null,
    };
    const plan = planOf(seed);
    let breaches: string[];
    try {
      const { world, breaches: found } = await runPlan(plan);
      breaches = found;
      report.events = world.ledger.store.events.length;
      report.orders = world.broker.sent.length;
      report.faults = world.trouble.counts;
      report.refusals = world.trouble.refusals;
    } catch (error) {
      breaches = [`the run threw: ${error instanceof Error ? error.message : String(error)}`];
    }
    if (breaches.length > 0) {
      failures += 1;
      const least = shrink ? await cut(plan) : plan;
      if (shrink) breaches = await breachesOf(least);
      report.failure = { seed, breaches, plan: least, before: sizeOf(plan) };
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage(report);
  }
}

await search(workerData as SearchData);
