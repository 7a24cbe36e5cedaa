/** The ledger over a line that may fail, to an object that may go, before or after it did as told. */
import type { IntentFacts, RiskLedgerPort } from "../../../src/application/ports.ts";
import type { Monitor } from "./monitor.ts";
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
  monitor: Monitor;
}): RiskLedgerPort {
  const { ledger, timeline, random, trouble, monitor } = parts;
  const calls = ledger.calls();
  const told = ({ mark }: IntentFacts): void => void (mark && monitor.entries.told(mark));
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
    reserve: over(async (intent, facts) => {
      told(facts);
      const answer = await calls.reserve(intent, facts);
      if (answer.kind === "denied") trouble.refused(answer.refusal);
      return answer;
    }),
    reserveAll: over(async (asks) => {
      for (const { facts } of asks) told(facts);
      const answers = await calls.reserveAll(asks);
      for (const each of answers) if (each.kind === "denied") trouble.refused(each.refusal);
      return answers;
    }),
    post: over((posts) => calls.post(posts)),
    order: over((id) => calls.order(id)),
    endedOf: over((ids) => calls.endedOf(ids)),
    reducing: over((account) => calls.reducing(account)),
    approved: over((id, lots) => calls.approved(id, lots)),
    requestCancels: over((filter, by) => calls.requestCancels(filter, by)),
    requestCancel: over((id, by) => calls.requestCancel(id, by)),
    reserveReplace: over(async (id, changes, facts, by) => {
      told(facts);
      const answer = await calls.reserveReplace(id, changes, facts, by);
      if (!answer.ok && typeof answer.error === "object") trouble.refused(answer.error);
      return answer;
    }),
    recordBalances: over(async (account, rows, at) => {
      await calls.recordBalances(account, rows, at);
      monitor.entries.balancesRead(rows, at);
    }),
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
