/** One portfolio behind the real API and the real ledger, each with a name of its own: only the broker's side is played, and it must hear of nothing that was refused. */
import { env } from "cloudflare:workers";
import type { AccountMarket } from "../../../src/application/order-ports.ts";
import type { BrokerRules } from "../../../src/brokers/broker.ts";
import type { OrderRequestInput } from "../../../src/contract/orders.ts";
import type { RiskStatusView } from "../../../src/contract/risk.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import type { Mark } from "../../../src/domain/tick.ts";
import { riskLedger } from "../../../src/platform/objects.ts";
import { acceptedAs, fillOf, INSTRUMENT, markOf, postOf } from "../ledger/samples.ts";
import { until } from "../until.ts";
import { makeKey, played, playedPorts } from "./api.ts";

export type Terms = Partial<OrderRequestInput>;

const reason = "a test needs it";

/** A limit order to buy 10 at the mark of 100. */
const ORDER = {
  clientOrderId: "asked",
  algoId: "algo-a",
  instrument: INSTRUMENT.id,
  side: "buy",
  type: "limit",
  quantity: "10",
  limitPrice: "100",
} as const;

export class RefusalWorld {
  readonly name: string;
  key = "";
  /** What the broker's side says; each row changes what it needs. */
  instrument: Instrument = INSTRUMENT;
  isOpen = true;
  types: string[] = ["limit", "market", "stop", "stop_limit"];
  mark: Mark | null = markOf(Date.now() + 1);
  epoch = 1;
  /** Ids of the orders that reached the gateway. */
  readonly left: string[] = [];
  #call = played().call;
  #placed = 0;

  constructor(name: string) {
    this.name = name;
  }

  get ledger() {
    return riskLedger(env, this.name);
  }

  async open(): Promise<void> {
    this.key = await makeKey(["admin"]);
    await this.balance("1000000");
    const base = playedPorts({
      gateway: {
        submit: async ({ intent }) => {
          this.left.push(intent.clientOrderId);
          const order = await this.ledger.order(intent.clientOrderId);
          if (!order) throw new Error("sent without a reservation");
          return { outcome: "accepted", order };
        },
      },
    });
    const market: AccountMarket = {
      rules: {} as BrokerRules,
      instrument: async (id) => (id === this.instrument.id ? this.instrument : null),
      isOpen: async () => this.isOpen,
      mark: async () => this.mark,
    };
    const rules = () =>
      ({
        broker: "paper",
        orderTypes: this.types,
        timesInForce: ["day"],
      }) as unknown as BrokerRules;
    const orders = {
      ...base.orders,
      ledger: this.ledger,
      market: (account: string) => (account === "paper" ? { ...market, rules: rules() } : null),
      epoch: async () => this.epoch,
      hasKey: async (algoId: string) => algoId !== "nobody",
    };
    this.#call = played({ ports: { orders } }).call;
  }

  call(method: string, path: string, body?: unknown, key = this.key): Promise<Response> {
    return this.#call(method, path, { key, body });
  }

  async must(method: string, path: string, body: unknown): Promise<void> {
    const response = await this.call(method, path, body);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  }

  send(terms: Terms = {}): Promise<Response> {
    return this.call("POST", "/v1/orders", { ...ORDER, ...terms });
  }

  /** A body as text: JSON has no NaN and no Infinity, but a client may send them. */
  sendRaw(field: string, text: string): Promise<Response> {
    const { [field as "side"]: _, ...rest } = ORDER;
    const body = JSON.stringify(rest).replace(/\}$/, `,${JSON.stringify(field)}:${text}}`);
    return this.call("POST", "/v1/orders", body);
  }

  /** An order that is approved and stays open. */
  async placed(terms: Terms = {}): Promise<string> {
    this.#placed += 1;
    const { clientOrderId = `placed-${this.#placed}` } = terms;
    const response = await this.send({ ...terms, clientOrderId });
    if (response.status !== 201) throw new Error(`not placed: ${await response.text()}`);
    return clientOrderId;
  }

  /** A position of 10 that cost 100 each, as the gateway would report it. */
  async long(): Promise<void> {
    const clientOrderId = await this.placed();
    const order = await this.ledger.order(clientOrderId);
    if (!order) throw new Error("no order");
    await this.ledger.post([
      postOf(clientOrderId, acceptedAs(`b-${clientOrderId}`)),
      postOf(clientOrderId, fillOf(order, "10", "100"), Date.now()),
    ]);
  }

  limit(name: string, value: string, scope = "portfolio"): Promise<void> {
    return this.must("PUT", "/v1/risk/limits", { changes: [{ scope, name, value }], reason });
  }

  restrict(scope: string): Promise<void> {
    return this.must("POST", "/v1/risk/restrictions", { scope, reason });
  }

  halt(scope: string): Promise<void> {
    return this.must("POST", "/v1/kill-switch", { scope, reason });
  }

  /** So that the check answers, not what its trip would latch. */
  trips(change: { trip: string; on: boolean }): Promise<void> {
    return this.must("PUT", "/v1/risk/trips", { changes: [change], reason });
  }

  balance(available: string): Promise<void> {
    const balances = [{ currency: "USD", total: available, available }];
    return this.ledger.recordBalances("paper", balances, Date.now());
  }

  /** The price as a shard tells it, and counted in the portfolio's profit. */
  async priced(price: number, dayProfit: string): Promise<void> {
    const response = await env.RISK_LEDGER.getByName(this.name).fetch("https://object/marks", {
      headers: { Upgrade: "websocket" },
    });
    response.webSocket?.accept();
    response.webSocket?.send(JSON.stringify({ marks: [markOf(Date.now() + 2, price)] }));
    response.webSocket?.close();
    await until("the price counted", async () => (await this.status()).dayProfit === dayProfit);
  }

  async latched(scope: string, state: string): Promise<void> {
    await until(`${scope} ${state}`, async () =>
      (await this.status()).tradingStates.some(
        (each) => each.scope === scope && each.state === state,
      ),
    );
  }

  async json<T>(path: string): Promise<T> {
    const response = await this.call("GET", path);
    if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`);
    return response.json<T>();
  }

  status(): Promise<RiskStatusView> {
    return this.json<RiskStatusView>("/v1/risk");
  }

  /** All that a refusal must leave as it is. */
  async standing() {
    const { version: _, outbox: __, ...risk } = await this.status();
    const paths = ["/v1/risk/exposure", "/v1/risk/limits", "/v1/positions", "/v1/orders?open=true"];
    return {
      risk,
      pages: await Promise.all(paths.map((path) => this.json(path))),
      left: [...this.left],
    };
  }
}
