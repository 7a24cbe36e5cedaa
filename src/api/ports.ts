/** What the routes reach: objects, stores and use cases. Tests put their own in place of these. */
import type { OrderPorts } from "../application/order-ports.ts";
import type {
  BrokerManagerPort,
  MarketManagerPort,
  OperatorProfilePort,
} from "../application/ports.ts";
import type { ReconciliationRecord } from "../application/reconcile-book.ts";
import type { RecordingsPort } from "../application/recorded-day.ts";
import {
  brokerManager,
  market,
  marketManager,
  operatorProfile,
  paperBroker,
} from "../platform/objects.ts";
import { type RunRequest, runReconciliation } from "../platform/reconciliation.ts";
import { orderPorts } from "../platform/wiring.ts";
import type { Database } from "../storage/database.ts";
import { database } from "../storage/database.ts";
import { recordingsIn } from "../storage/recordings.ts";

export interface ApiPorts {
  book: Database;
  /** Files to which old days of the book have moved. */
  archive: R2Bucket;
  /** The order use cases, and through them the ledger and the gateways. */
  orders: OrderPorts;
  brokerManager(broker: string): BrokerManagerPort;
  marketManager: MarketManagerPort;
  market(name: string): Pick<Fetcher, "fetch">;
  paper(account: string): Pick<Fetcher, "fetch">;
  profile(person: string): OperatorProfilePort;
  recordings: RecordingsPort;
  /** Compares a day with the broker now. */
  reconcile(request: RunRequest): Promise<ReconciliationRecord>;
}

const made = new WeakMap<Env, ApiPorts>();

/** Once in an isolate: they hold bindings and nothing of a request, and nothing is reached until it is asked. */
export function apiPorts(env: Env): ApiPorts {
  const known = made.get(env) ?? newPorts(env);
  made.set(env, known);
  return known;
}

const newPorts = (env: Env): ApiPorts => ({
  book: database(env.DB),
  archive: env.ARCHIVE,
  orders: orderPorts(env),
  brokerManager: (broker) => brokerManager(env, broker),
  marketManager: marketManager(env),
  market: (name) => market(env, name),
  paper: (account) => paperBroker(env, account),
  profile: (person) => operatorProfile(env, person),
  recordings: recordingsIn(env.RECORDINGS),
  reconcile: (request) => runReconciliation(env, request),
});
