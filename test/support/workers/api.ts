/** The API on a real D1 with objects played by hand: what a route does with what it is told. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type {
  BrokerManagerPort,
  MarketManagerPort,
  OperatorProfilePort,
  OrderGatewayPort,
  RiskLedgerPort,
} from "../../../src/application/ports.ts";
import type { AppParts } from "../../../src/api/app.ts";
import { createApp } from "../../../src/api/app.ts";
import { keyText, newKey, sha256 } from "../../../src/api/key.ts";
import type { ApiPorts } from "../../../src/api/ports.ts";
import { errorBody } from "../../../src/contract/errors.ts";
import type { KeyScope } from "../../../src/contract/operations.ts";
import type { PaperView } from "../../../src/contract/paper.ts";
import type { RiskStatusView } from "../../../src/contract/risk.ts";
import { EXPLAINED } from "../ledger/samples.ts";
import type { ApprovedOrder, Order } from "../../../src/domain/order.ts";
import { controlsView } from "../../../src/application/ledger/controls.ts";
import { emptyLedger } from "../../../src/domain/risk/state.ts";
import { ok } from "../../../src/domain/result.ts";
import { addApiKey } from "../../../src/storage/api-keys.ts";
import { database } from "../../../src/storage/database.ts";
import { layReport, RECONCILING } from "./api-reconciliation.ts";
import { MARKETS } from "./api-markets.ts";
import { RECORDINGS } from "./recordings.ts";
import { ACCOUNT_MARKET, INSTRUMENT, QUALITY_MANAGER } from "./api-market.ts";
import { BROKER } from "./api-broker.ts";

export const DEVELOPMENT_KEY = "development-key-of-the-tests";

export const ORDER: Order = {
  clientOrderId: "order-1",
  algoId: "momentum",
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: "10",
  limitPrice: "1500.05",
  stopPrice: null,
  timeInForce: "day",
  protectiveStop: null,
  reduceOnly: false,
  state: "new",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: "b-1",
  refusal: null,
  reason: null,
  ledgerVersion: 3,
  epoch: 1,
  createdAt: 1_000,
  updatedAt: 1_000,
};

export const RISK: RiskStatusView = {
  portfolio: "main",
  baseCurrency: "INR",
  version: 3,
  tradingStates: [],
  unknownTrips: [],
  moneyAtRisk: "0",
  grossExposure: "0",
  netExposure: "0",
  openOrders: 1,
  equity: null,
  dayProfit: null,
  drawdown: null,
  outbox: 0,
};

const PAPER: PaperView = {
  ticksPerSecond: 10,
  hours: "always",
  seed: 1,
  mode: "seeded",
  replay: null,
  connections: [],
  subscriptions: 0,
  ticksSent: 0,
  quotesAsked: 0,
  session: { signIn: "automatic", generation: 1, expiresAt: null, signIns: 1, callsRefused: 0 },
  ordersReceived: 0,
  orders: 0,
  faults: [],
};

const halted = (scope: string) => ({
  scope,
  state: "halted" as const,
  version: 9,
  openOrders: 0,
  since: 5,
  toCancel: [],
  algosStopped: ["momentum"],
  latchedInMs: 0,
  enforcedInMs: 3,
  lastLeftAt: null,
});

export const LEDGER: Partial<RiskLedgerPort> = {
  reserve: async (intent) => {
    const order = { ...ORDER, ...intent, state: "pending_new" as const };
    const reserved = { intent, ledgerVersion: 3, epoch: 1, approvedAt: 1 };
    return { kind: "approved", order, approved: reserved as ApprovedOrder };
  },
  reserveReplace: async (_, changes) => {
    const quantity = changes.quantity ?? ORDER.quantity;
    return ok({ ...ORDER, state: "pending_replace", quantity });
  },
  requestCancels: async () => ({ openOrders: 0, toCancel: [] }),
  requestCancel: async () => ok({ ...ORDER, state: "pending_cancel" }),
  order: async (id) => (id === ORDER.clientOrderId ? ORDER : null),
  orders: async () => ({ items: [ORDER], nextCursor: null }),
  history: async () => ({ items: [], nextCursor: null }),
  explain: async () => EXPLAINED,
  positions: async () => [],
  exposure: async () => [],
  limits: async () => [],
  setLimits: async () => ({ limits: [], above: [] }),
  status: async () => RISK,
  controls: async () => controlsView(emptyLedger(0), 0, []),
  control: async () => ok(controlsView(emptyLedger(0), 0, [])),
  trip: async (scope) => halted(scope),
  resetTrip: async (scope) => ok({ ...halted(scope), state: "active" }),
};

export const GATEWAY: Partial<OrderGatewayPort> = {
  submit: async ({ intent }) => ({ outcome: "accepted", order: { ...ORDER, ...intent } }),
  cancel: async () => null,
  modify: async () => null,
  executeByHand: async () => ok({ ...ORDER, state: "filled" }),
  discardByHand: async () => ok({ ...ORDER, state: "canceled" }),
  balances: async () => ok([{ currency: "INR", total: "10", available: "9" }]),
  streamState: async () => "ready",
  ...RECONCILING,
  meters: async () => [],
};

export const MANAGER: Partial<BrokerManagerPort> = {
  pin: async (ids) => ok({ instruments: ids.map((instrument) => ({ instrument, state: "live" })) }),
  unpin: async () => ok({ instruments: [] }),
  setFeed: async () => ok(BROKER),
  renewSession: async () => ok(BROKER.session),
  drain: async () => ok(BROKER),
  drainShard: async () => ok(BROKER),
  forgetLimits: async () => BROKER,
  instruments: async () => [INSTRUMENT],
  quotes: async () => [],
  candles: async () => ok([]),
  ...QUALITY_MANAGER,
  view: async () => BROKER,
};

/** A broker that nobody has asked for anything yet. */
const idle = async () => ({ ...BROKER, shards: [], wanted: 0 });
const STANDBY: Partial<BrokerManagerPort> = { ...MANAGER, view: idle };

const PROFILE: OperatorProfilePort = {
  read: async () => ({ displayName: "", theme: "auto", shortcuts: [] }),
  write: async (settings) => settings,
};

/** A call that cannot succeed. */
export const failing = async () => Promise.reject(new Error("gone"));

/** What each test changes of the objects. */
export interface Played {
  markets?: Partial<MarketManagerPort>;
  ledger?: Partial<RiskLedgerPort>;
  gateway?: Partial<OrderGatewayPort>;
  manager?: Partial<BrokerManagerPort>;
  market?: (request: Request) => Response | Promise<Response>;
  paper?: (request: Request) => Response | Promise<Response>;
  ports?: Partial<ApiPorts>;
}

/** A call that the test did not play is a bug of the route, so it throws. */
const play = <T extends object>(...parts: Partial<T>[]): T => Object.assign({}, ...parts) as T;

export const playedPorts = (objects: Played = {}): ApiPorts => {
  const gateway = play<OrderGatewayPort>(GATEWAY, objects.gateway ?? {});
  const orders: OrderPorts = {
    ledger: play<RiskLedgerPort>(LEDGER, objects.ledger ?? {}),
    gateway: () => gateway,
    market: (account) => (account === "paper" ? ACCOUNT_MARKET : null),
    defaultAccount: "paper",
    accounts: ["paper"],
    retries: { send: async () => {} },
    hasKey: async () => true,
    log: () => {},
  };
  return {
    book: database(env.DB),
    archive: env.ARCHIVE,
    orders,
    brokerManager: (broker) =>
      play<BrokerManagerPort>(broker === "paper" ? MANAGER : STANDBY, objects.manager ?? {}),
    marketManager: { ...MARKETS, ...objects.markets },
    market: () => fetcher(objects.market ?? (() => new Response(null, { status: 500 }))),
    paper: () => fetcher(objects.paper ?? playedPaper),
    profile: () => PROFILE,
    recordings: RECORDINGS,
    reconcile: (request) => layReport(request),
    ...objects.ports,
  };
};

const playedPaper = ({ url }: Request): Response =>
  Response.json(url.endsWith("/request-tokens") ? { requestToken: "t", expiresAt: 1 } : PAPER);

const fetcher = (answer: (request: Request) => Response | Promise<Response>) => ({
  fetch: async (input: RequestInfo | URL, init?: RequestInit) => answer(new Request(input, init)),
});

export interface Call {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
  host?: string;
  env?: Partial<Env>;
}

/** An app and a way to call it. Every body is sent as JSON; text is sent as it is. */
export function played(objects: Played = {}, parts: Partial<AppParts> = {}) {
  const logged: { level: string; event: string; facts: unknown }[] = [];
  const app = createApp({
    ports: () => playedPorts(objects),
    log: (level, event, facts) => void logged.push({ level, event, facts }),
    ...parts,
  });
  const call = async (method: string, path: string, options: Call = {}): Promise<Response> => {
    const { key, body, headers = {}, host = "http://localhost:8787" } = options;
    const init: RequestInit = { method, headers: { ...headers } };
    const given = new Headers(init.headers);
    if (key !== undefined) given.set("authorization", `Bearer ${key}`);
    if (body !== undefined) {
      init.body = typeof body === "string" ? body : JSON.stringify(body);
      if (!given.has("content-type")) given.set("content-type", "application/json");
    }
    init.headers = given;
    const development = { DEVELOPMENT_KEY_SHA256: await sha256(DEVELOPMENT_KEY) };
    return app.request(`${host}${path}`, init, { ...env, ...development, ...options.env });
  };
  return { app, call, logged };
}

export async function makeKey(scopes: KeyScope[], algoId: string | null = null): Promise<string> {
  const key = newKey((bytes) => crypto.getRandomValues(bytes));
  const secretSha256 = await sha256(key.secret);
  const row = { id: key.id, name: "test", secretSha256, scopes, algoId };
  const made = { createdBy: "test", createdAt: 1, revokedAt: null };
  await addApiKey(database(env.DB), { ...row, ...made });
  return keyText(key);
}

/** The error of a refusal, after checking that it has the one shape and no more. */
export async function errorOf(response: Response) {
  expect(response.headers.get("content-type")).toContain("application/json");
  const { error } = errorBody.strict().parse(await response.json());
  expect(error.requestId).toBe(response.headers.get("x-request-id"));
  return error;
}
