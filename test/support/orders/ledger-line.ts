/** The ledger over a line that may fail, to an object that may go, before or after it did as told. */
import type { RiskLedgerPort } from "../../../src/application/ports.ts";
import type { Random } from "./random.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";
import type { Timeline } from "./timeline.ts";
import type { Trouble } from "./trouble.ts";

const unused = (): never => {
  throw new Error("not part of the simulation");
};

export function ledgerLine(parts: {
  ledger: SimulatedLedger;
  timeline: Timeline;
  random: Random;
  trouble: Trouble;
}): RiskLedgerPort {
  const { ledger, timeline, random, trouble } = parts;
  const calls = ledger.calls();
  const evicts = (): void => {
    if (trouble.strikes("eviction")) ledger.evict();
  };
  const over =
    <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
    async (...args: T): Promise<R> => {
      await timeline.sleep(random.between(1, 10));
      evicts();
      if (trouble.strikes("ledgerFails")) throw new Error("the ledger is away");
      const result = structuredClone(await call(...args));
      evicts();
      if (trouble.strikes("ledgerFails")) throw new Error("the line broke");
      return result;
    };
  return {
    reserve: over((intent, facts) => calls.reserve(intent, facts)),
    reserveAll: over((asks) => calls.reserveAll(asks)),
    post: over((posts) => calls.post(posts)),
    order: over((id) => calls.order(id)),
    endedOf: over((ids) => calls.endedOf(ids)),
    approved: over((id) => calls.approved(id)),
    requestCancels: over((filter, by) => calls.requestCancels(filter, by)),
    requestCancel: over((id, by) => calls.requestCancel(id, by)),
    reserveReplace: over((id, changes, facts, by) => calls.reserveReplace(id, changes, facts, by)),
    recordBalances: over((account, rows, at) => calls.recordBalances(account, rows, at)),
    trip: over((scope, reason, by, options) => calls.trip(scope, reason, by, options)),
    resetTrip: over((scope, reason, by) => calls.resetTrip(scope, reason, by)),
    setLimits: over((request, by) => calls.setLimits(request, by)),
    explain: over((intent, facts) => calls.explain(intent, facts)),
    positions: over(() => calls.positions()),
    controls: over(() => calls.controls()),
    control: over((command, by) => calls.control(command, by)),
    orders: unused,
    history: unused,
    exposure: unused,
    limits: unused,
    status: unused,
    follow: unused,
    unfollow: unused,
    takeProviders: unused,
    ensure: unused,
  };
}
