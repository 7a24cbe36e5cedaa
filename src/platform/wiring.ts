/** The composition root: the ports of the use cases, filled with this Worker's objects, queues and brokers. */
import { DataProviders } from "../application/data-provider.ts";
import { freshMark } from "../application/fresh-mark.ts";
import { askedSession } from "../application/held-session.ts";
import type { AccountMarket, OrderPorts } from "../application/order-ports.ts";
import { instrumentsUnread } from "../application/order-errors.ts";
import { gatherFacts } from "../application/order-facts.ts";
import type { IntentFacts, RetryQueuePort } from "../application/ports.ts";
import { brokerClients, type BrokerClients } from "../brokers/registry.ts";
import { assert } from "../domain/assert.ts";
import { isMarketOpen } from "../domain/calendar.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import {
  HOURS_CACHE_MS,
  INSTRUMENT_CACHE_MS,
  ORDER_RETRY_DELAY_SECONDS,
} from "../domain/limits.ts";
import type { OrderIntent } from "../domain/order.ts";
import { hasKeyOfAlgo } from "../storage/api-keys.ts";
import { database } from "../storage/database.ts";
import { pastOrdersIn } from "../storage/order-events.ts";
import { ACCOUNTS, DEFAULT_ACCOUNT, PORTFOLIO } from "./deployment.ts";
import { leaseEpoch } from "./lease.ts";
import { logger } from "./logger.ts";
import { brokerManager, marketManager, orderGateway, riskLedger } from "./objects.ts";

/** What the order use cases run on. Cheap to make: stubs only. */
export function orderPorts(env: Env): OrderPorts {
  return {
    ledger: riskLedger(env, PORTFOLIO),
    gateway: (account) => orderGateway(env, account),
    market: (account) => accountMarket(env, account),
    past: pastOrdersIn(database(env.DB), env.ARCHIVE),
    defaultAccount: DEFAULT_ACCOUNT,
    accounts: ACCOUNTS.map(({ account }) => account),
    retries: retryQueue(env),
    epoch: (fresh) => leaseEpoch(riskLedger(env, PORTFOLIO), fresh === "fresh"),
    hasKey: (algoId) => hasKeyOfAlgo(database(env.DB), algoId),
    log: logger({ component: "orders" }),
  };
}

/** The first retry is delayed here; the later ones by the consumer. */
export const retryQueue = (env: Env): RetryQueuePort => ({
  async send(message) {
    const delaySeconds = ORDER_RETRY_DELAY_SECONDS[0];
    await env.ORDER_RETRIES.send(message, { contentType: "json", delaySeconds });
  },
});

/** What the ledger has to be told of an exit that a gateway places itself. */
export async function exitFacts(env: Env, intent: OrderIntent): Promise<IntentFacts> {
  const market = accountMarket(env, intent.account);
  assert(market, `account ${intent.account} is not in this deployment`);
  return gatherFacts(market, intent.instrument, intent, Date.now());
}

/** For this isolate: orders need it, and it changes with a switch of provider only. */
const dataProviders = new DataProviders();

/** By account, for this isolate: a broker's clients are not made anew for each order. They hold no open call. */
const markets = new WeakMap<Env, Map<string, AccountMarket>>();

/** Null when no such account is in this deployment. */
function accountMarket(env: Env, account: string): AccountMarket | null {
  const placed = ACCOUNTS.find((each) => each.account === account);
  if (!placed) return null;
  const known = markets.get(env) ?? new Map<string, AccountMarket>();
  markets.set(env, known);
  const market = known.get(account) ?? newMarket(env, placed);
  known.set(account, market);
  return market;
}

function newMarket(env: Env, { account, broker }: (typeof ACCOUNTS)[number]): AccountMarket {
  const log = logger({ component: "orders" });
  const tokens = askedSession(brokerManager(env, broker), () => Date.now(), log);
  const clients = brokerClients(env, broker, account, tokens);
  assert(clients.ok, `account ${account} is at a broker that is not there`);
  const { rules } = clients.value.trading;
  return {
    rules,
    instrument: async (id) => (await instrumentsOf(env, broker)).get(id) ?? null,
    unread: async () => {
      if ((await instrumentsOf(env, broker)).size > 0) return null;
      const session = await brokerManager(env, broker).session();
      return instrumentsUnread(broker, session.kind === "none" ? session.reason : null);
    },
    isOpen: async (instrument, now) =>
      isMarketOpen(instrument.calendar, now) || (await keepsNoHours(account, clients.value)),
    // Data may come from another broker than the one at which is traded.
    mark: async (id) => {
      const provider = await dataProviders.of(id, marketManager(env), Date.now());
      return freshMark(brokerManager(env, provider ?? broker), id);
    },
  };
}

/** Whether a broker keeps no hours, by account, for this isolate. */
const hours = new Map<string, { readAt: number; always: boolean }>();

/** Asked of a broker where it can change; one that does not answer is as it was last, or as its rules say. */
async function keepsNoHours(
  account: string,
  { reference, trading }: BrokerClients,
): Promise<boolean> {
  const known = hours.get(account);
  if (known && Date.now() - known.readAt < HOURS_CACHE_MS) return known.always;
  const answer = await reference.alwaysOpen?.();
  const always = answer?.ok ? answer.value : (known?.always ?? trading.rules.calendarAlwaysOpen);
  hours.set(account, { readAt: Date.now(), always });
  return always;
}

type Instruments = Map<InstrumentId, Instrument>;

/** The instrument master per broker, for this isolate: orders need it, and it changes once a day. */
const masters = new Map<string, { readAt: number; instruments: Promise<Instruments> }>();

function instrumentsOf(env: Env, broker: string): Promise<Instruments> {
  const known = masters.get(broker);
  if (known && Date.now() - known.readAt < INSTRUMENT_CACHE_MS) return known.instruments;
  const instruments = brokerManager(env, broker)
    .instruments()
    .then((list) => new Map(list.map((instrument) => [instrument.id, instrument])));
  masters.set(broker, { readAt: Date.now(), instruments });
  // A failed or empty reading is no master: the next order asks again.
  const forget = (): void => void masters.delete(broker);
  void instruments.then((master) => master.size === 0 && forget(), forget);
  return instruments;
}
