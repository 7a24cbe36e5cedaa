/** Each minute: the outer watchdog. It wakes what has to run; whatever fails is logged and holds up nothing else. */
import { errorText, type Log } from "../application/log.ts";
import { tellAll } from "../platform/alerts.ts";
import { ACCOUNTS, FEED_BROKERS, PORTFOLIO } from "../platform/deployment.ts";
import { logger } from "../platform/logger.ts";
import { brokerManager, marketManager, orderGateway, riskLedger } from "../platform/objects.ts";
import { reconcileWhenDue } from "./after-hours.ts";
import { moveEventsWhenDue, moveRowsWhenDue, tellOfTradebookSize } from "./old-rows.ts";

export interface Watched {
  name: string;
  ensure: () => Promise<void>;
}

const accountNames = ACCOUNTS.map(({ account }) => account);

/** The ledger first: it goes on with orders whose next step did not happen. */
const watchedBy = (env: Env): Watched[] => [
  { name: `ledger ${PORTFOLIO}`, ensure: () => riskLedger(env, PORTFOLIO).ensure() },
  ...ACCOUNTS.map(({ account }) => ({
    name: `gateway ${account}`,
    ensure: () => orderGateway(env, account).ensure(),
  })),
  ...FEED_BROKERS.map((broker) => ({
    name: `broker manager ${broker}`,
    ensure: () => brokerManager(env, broker).ensure(),
  })),
  ...ACCOUNTS.map(({ account }) => ({
    name: `reconciliation ${account}`,
    ensure: () => reconcileWhenDue(env, account, Date.now()),
  })),
  {
    name: "order events",
    ensure: () => moveEventsWhenDue(env, accountNames, Date.now()),
  },
  { name: "old days", ensure: () => moveRowsWhenDue(env, Date.now()) },
  { name: "tradebook size", ensure: () => tellOfTradebookSize(env, Date.now()) },
  { name: "market manager", ensure: () => marketManager(env).ensure() },
  { name: "alerts", ensure: () => tellAll(env) },
];

export async function ensureAll(watched: readonly Watched[], log: Log): Promise<void> {
  await Promise.all(
    watched.map(async ({ name, ensure }) => {
      try {
        await ensure();
      } catch (error) {
        log("error", "watchdog_failed", { watched: name, error: errorText(error) });
      }
    }),
  );
}

export const runWatchdog = (env: Env): Promise<void> =>
  ensureAll(watchedBy(env), logger({ component: "watchdog" }));
