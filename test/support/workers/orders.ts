/** An order's whole way in workerd: the real ledger, gateway, paper exchange and tradebook, and their crashes. */
import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { memoryOf } from "../../../durable-objects/order-gateway.memory.ts";
import type { Caller } from "../../../src/application/caller.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { OrderGatewayPort, RiskLedgerPort } from "../../../src/application/ports.ts";
import { intentOf, submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest, type OrderRequestInput } from "../../../src/contract/orders.ts";
import type { FaultRequest } from "../../../src/contract/paper.ts";
import type { ApprovedOrder, Order, OrderIntent } from "../../../src/domain/order.ts";
import { orderGateway, riskLedger } from "../../../src/platform/objects.ts";
import { orderPorts } from "../../../src/platform/wiring.ts";
import { crash, exchange, type TestExchange } from "./paper.ts";

export const ALGO: Caller = { kind: "algo", id: "key-1", algoId: "momentum", scopes: ["trade"] };
export const ADMIN: Caller = { kind: "person", id: "op@x.io", algoId: null, scopes: ["admin"] };

/** The paper exchange's price for it starts here. */
const PRICE = 1500;

let made = 0;

export interface Flow {
  ports: OrderPorts;
  ledger: RiskLedgerPort;
  gateway: OrderGatewayPort;
  paper: TestExchange;
  /** What was put on the retry queue. The real queue would deliver by its own clock. */
  retries: Parameters<OrderPorts["retries"]["send"]>[0][];
  place(terms?: Partial<OrderRequestInput>): Promise<Order>;
  /** Reserved by the ledger and handed to nobody yet. */
  reserve(terms?: Partial<OrderRequestInput> & Pick<OrderIntent, "exit">): Promise<ApprovedOrder>;
  order(clientOrderId: string): Promise<Order>;
  fault(fault: FaultRequest["fault"], terms?: Partial<FaultRequest>): Promise<unknown>;
}

export const until = (check: () => unknown) =>
  vi.waitUntil(check, { timeout: 10_000, interval: 20 });

/** A platform whose order stream is up and whose balances are read; `isCold`: one that nobody has woken. */
export async function startFlow({ isCold = false } = {}): Promise<Flow> {
  // `reset()` after the test before took the tradebook's tables, too.
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const retries: Flow["retries"] = [];
  const real = orderPorts(env);
  const ports: OrderPorts = {
    ...real,
    market: (account) => {
      const market = real.market(account);
      return market && { ...market, mark: async (instrument) => markOf(instrument) };
    },
    retries: { send: async (message) => void retries.push(message) },
  };
  const flow: Flow = {
    ports,
    ledger: riskLedger(env, "main"),
    gateway: orderGateway(env, "paper"),
    paper: exchange("paper"),
    retries,
    async place(terms) {
      const placed = await submitOrder(ports, ALGO, requestWith(terms), Date.now());
      if (!placed.ok) throw new Error(JSON.stringify(placed.error));
      return placed.value.order;
    },
    async reserve({ exit, ...terms } = {}) {
      const request = requestWith(terms);
      const intent = { ...intentOf(request, "momentum", "paper"), ...(exit && { exit }) };
      const market = ports.market("paper");
      const instrument = (await market?.instrument(request.instrument)) ?? null;
      const mark = markOf(request.instrument);
      const facts = { instrument, marketOpen: true, brokerRefusal: null, mark };
      const answer = await flow.ledger.reserve(intent, facts);
      if (answer.kind !== "approved") throw new Error(JSON.stringify(answer));
      return answer.approved;
    },
    async order(clientOrderId) {
      const order = await flow.ledger.order(clientOrderId);
      if (!order) throw new Error(`no order ${clientOrderId}`);
      return order;
    },
    fault: (fault, terms = {}) => flow.paper.control("/faults", { fault, ...terms }),
  };
  if (isCold) return flow;
  await flow.gateway.ensure();
  await until(async () => (await flow.gateway.streamState()) === "ready");
  await allowAnyPrice(flow);
  return flow;
}

/** The exchange's market walks on with the clock: with this a resting order stays one, wherever it has come to. */
async function allowAnyPrice({ ledger }: Flow): Promise<void> {
  const changes = [{ scope: "portfolio", name: "priceCollar" as const, value: "0.5" }];
  await ledger.setLimits({ changes, reason: "a test needs it" }, "person:ann");
}

/** Ends a test: what the ledger still writes would otherwise come back after the reset. */
export async function endFlow({ ledger }: Flow): Promise<void> {
  await until(async () => {
    await ledger.ensure();
    return (await ledger.status()).outbox === 0;
  });
  await reset();
}

const markOf = (instrument: string) => ({
  instrument,
  price: PRICE,
  bid: PRICE,
  ask: PRICE,
  time: Date.now(),
  provider: "paper",
});

function requestWith(terms: Partial<OrderRequestInput> = {}) {
  made += 1;
  const clientOrderId = `order-${made}-${Math.random().toString(36).slice(2, 8)}`;
  const market = { instrument: "NSE:INFY", side: "buy", type: "market", quantity: 10 } as const;
  return orderRequest.parse({ clientOrderId, ...market, ...terms });
}

/** A limit so far below the market that it rests. */
export const RESTING = { type: "limit", limitPrice: 1430 } as const;

/** Orders at the exchange with our id: all that it ever took. */
export async function atBroker({ paper }: Flow, clientOrderId: string) {
  const [open, closed] = [await paper.trading.openOrders(), await paper.trading.closedOrders(0)];
  if (!open.ok || !closed.ok) throw new Error("the exchange cannot be asked");
  return [...open.value, ...closed.value].filter((order) => order.clientOrderId === clientOrderId);
}

/** Lays an order on the desk as the gateway does at the deadline of an unknown outcome. Twice is as once. */
export const unknownLetter = ({ ledger }: Flow, clientOrderId: string) =>
  ledger.post([
    {
      eventId: `${clientOrderId}:dead_lettered:unknown:1`,
      clientOrderId,
      event: { kind: "dead_lettered", label: "unknown", reason: "no answer" },
      at: Date.now(),
    },
  ]);

export const crashGateway = (): Promise<unknown> =>
  runInDurableObject(env.ORDER_GATEWAY.getByName("paper"), (_, state) =>
    state.abort("crash"),
  ).catch(() => {});

export const crashPaper = ({ paper }: Flow): Promise<unknown> => crash(paper);

export const evictLedger = (): Promise<unknown> =>
  evictDurableObject(env.RISK_LEDGER.getByName("main"));

/** Makes the gateway do now what is due, as its alarm would. */
export const watchNow = (): Promise<void> => orderGateway(env, "paper").ensure();

/** Changes the gateway's storage: time that passes without anybody waiting for it. */
export const inGatewayStorage = (statement: string, ...bindings: (string | number)[]) =>
  runInDurableObject(env.ORDER_GATEWAY.getByName("paper"), (_, { storage }) => {
    storage.sql.exec(statement, ...bindings);
    memoryOf(storage).forget();
  });

/** As if the order had been sent this long ago. */
export const sentLongAgo = (clientOrderId: string, agoMs: number) =>
  inGatewayStorage(
    `UPDATE orders SET next_look_at = 0, body = json_set(body, '$.recordedAt', ?, '$.nextLookAt', 0)
     WHERE client_order_id = ?`,
    Date.now() - agoMs,
    clientOrderId,
  );

/** As if nothing had been polled for long. */
export const pollIsDue = () =>
  inGatewayStorage("UPDATE numbers SET value = 0 WHERE name = 'polled_at'");
