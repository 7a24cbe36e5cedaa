/**
 * Everything an order passes, on one seeded clock: the real use cases, gateway and ledger core, between
 * a misbehaving broker, queue and runtime. A crash cuts a gateway off in the middle of any call.
 */
import { executeRetry } from "../../../src/application/execute-retry.ts";
import { Gateway } from "../../../src/application/gateway/gateway.ts";
import type { GatewayPorts } from "../../../src/application/gateway/ports.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { OrderGatewayPort, RiskLedgerPort } from "../../../src/application/ports.ts";
import { takeDeadLetter } from "../../../src/application/take-dead-letter.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import type { Order } from "../../../src/domain/order.ts";
import { type BrokerFaults, NO_FAULTS } from "./broker-faults.ts";
import { MemoryStore } from "./memory-store.ts";
import { seededRandom, type Random } from "./random.ts";
import { SimulatedQueue } from "./retry-queue.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import { SimulatedLedger } from "./simulated-ledger.ts";
import { Timeline } from "./timeline.ts";

export const ACCOUNT = "simulated";

export const INSTRUMENT: Instrument = {
  id: "SIM:AAA",
  exchange: "SIM",
  symbol: "AAA",
  name: "Simulated",
  kind: "equity",
  currency: "USD",
  tickSize: "0.1",
  lotSize: "1",
  minQuantity: "1",
  maxQuantity: "1000",
  tradable: true,
  calendar: "always",
};

export interface WorldFaults {
  broker: BrokerFaults;
  /** Of a gateway, at each of its calls to the outside. */
  crash: number;
  /** The ledger cannot be reached, or its answer is lost. */
  ledgerFails: number;
  /** Of whoever carries an order from the ledger to the gateway. */
  carrierDies: number;
  messageLost: number;
  messageTwice: number;
}

export const QUIET: WorldFaults = {
  broker: NO_FAULTS,
  crash: 0,
  ledgerFails: 0,
  carrierDies: 0,
  messageLost: 0,
  messageTwice: 0,
};

const unused = (): never => {
  throw new Error("not part of the simulation");
};

/** A promise that never settles: what a caller sees of something that died. */
const never = (): Promise<never> => new Promise(() => {});

export class World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly store = new MemoryStore();
  readonly broker: SimulatedBroker;
  readonly ledger: SimulatedLedger;
  readonly queue: SimulatedQueue;
  readonly log: { event: string; facts: unknown; at: number }[] = [];
  faults: WorldFaults = QUIET;
  #generation = 0;
  #gateway: Gateway;
  crashes = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.timeline = new Timeline(1_800_000_000_000);
    this.broker = new SimulatedBroker(this.timeline, this.random, NO_FAULTS);
    this.ledger = new SimulatedLedger(this.timeline);
    this.queue = new SimulatedQueue(this.timeline, this.random);
    this.broker.onEvent = (event) => this.alive((gateway) => gateway.onStream(event));
    const ports = this.orderPorts();
    this.queue.consume = (message, delivery) => executeRetry(ports, message, delivery);
    this.queue.consumeDead = (message) => takeDeadLetter(ports, message);
    this.#gateway = this.#newGateway();
    this.#watch();
    this.#sweep();
  }

  setFaults(faults: WorldFaults): void {
    this.faults = faults;
    this.broker.faults = faults.broker;
    this.queue.lost = faults.messageLost;
    this.queue.twice = faults.messageTwice;
  }

  /** The gateway as it lives now; what it throws is the next run's to clear up. */
  alive(call: (gateway: Gateway) => Promise<unknown>): void {
    call(this.#gateway).catch((error: unknown) => this.#note("gateway_threw", String(error)));
  }

  crash(): void {
    this.crashes += 1;
    this.#generation += 1;
    this.#gateway = this.#newGateway();
    this.alive((gateway) => gateway.catchUp());
  }

  #watch(): void {
    this.alive((gateway) => gateway.watch());
    this.timeline.after(500, () => this.#watch());
  }

  /** The ledger's sweep, as its Durable Object runs it: what nobody carried on goes on from what is proven. */
  #sweep(): void {
    for (const order of this.ledger.overdue())
      this.#goOn(order).catch((error: unknown) => this.#note("sweep_failed", String(error)));
    this.timeline.after(5_000, () => this.#sweep());
  }

  async #goOn(order: Order): Promise<void> {
    const gateway = this.gatewayPort();
    const { clientOrderId, account, createdAt } = order;
    if (order.state === "pending_cancel") {
      await gateway.cancel(clientOrderId);
      return;
    }
    const changes = this.ledger.askedChanges(clientOrderId);
    if (order.state === "pending_replace" && changes) {
      await gateway.modify(clientOrderId, changes);
      return;
    }
    const evidence = await gateway.lookUp(clientOrderId);
    if (evidence.record !== "none" || evidence.found === true) return;
    if (!this.ledger.sweepUnsent(order, evidence.attempts)) return;
    const message = { clientOrderId, account, reason: "swept", firstAttemptAt: createdAt };
    await this.queue.send(message);
  }

  #note(event: string, facts: unknown): void {
    this.log.push({ event, facts, at: this.timeline.now() });
  }

  /** Wraps a call so that the run making it may die before or after it has its effect. */
  #guard<T extends unknown[], R>(
    generation: number,
    call: (...args: T) => Promise<R>,
  ): (...args: T) => Promise<R> {
    return async (...args) => {
      if (generation !== this.#generation) return never();
      if (this.#dies()) return never();
      const result = await call(...args);
      if (generation !== this.#generation || this.#dies()) return never();
      return result;
    };
  }

  #dies(): boolean {
    if (!this.random.chance(this.faults.crash)) return false;
    this.crash();
    return true;
  }

  #newGateway(): Gateway {
    const generation = this.#generation;
    const guard = <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
      this.#guard(generation, call);
    const { broker, timeline } = this;
    const ledger = this.ledgerPort();
    const ports: GatewayPorts = {
      account: ACCOUNT,
      store: this.store,
      broker: {
        rules: broker.rules,
        submit: guard((order) => broker.submit(order)),
        cancel: guard((order) => broker.cancel(order)),
        modify: guard((order, changes) => broker.modify(order, changes)),
        openOrders: guard(() => broker.openOrders()),
        closedOrders: guard((since) => broker.closedOrders(since)),
        executions: guard((since) => broker.executions(since)),
        positions: guard(() => broker.positions()),
        balances: guard(() => broker.balances()),
        openOrderStream: () => broker.openOrderStream(),
        parseOrderStream: () => broker.parseOrderStream(),
      },
      ledger: {
        post: guard((posts) => ledger.post(posts)),
        order: guard((id) => ledger.order(id)),
        approved: guard((id) => ledger.approved(id)),
        recordBalances: guard((account, rows, at) => ledger.recordBalances(account, rows, at)),
      },
      retries: { send: guard((message) => this.queue.send(message)) },
      now: () => timeline.now(),
      sleep: guard((ms) => timeline.sleep(ms)),
      ready: guard(async () => true),
      log: (_level, event, facts) => this.#note(event, facts),
    };
    return new Gateway(ports);
  }

  /** The ledger over a line that may fail before or after it did what it was told. */
  ledgerPort(): RiskLedgerPort {
    const { ledger } = this;
    const over =
      <T extends unknown[], R>(call: (...args: T) => R) =>
      async (...args: T): Promise<R> => {
        await this.timeline.sleep(this.random.between(1, 10));
        if (this.random.chance(this.faults.ledgerFails)) throw new Error("the ledger is away");
        const result = structuredClone(call(...args));
        if (this.random.chance(this.faults.ledgerFails)) throw new Error("the line broke");
        return result;
      };
    return {
      reserve: over((intent, facts) => ledger.reserve(intent, facts)),
      post: over((posts) => ledger.post(posts)),
      order: over((id) => ledger.order(id)),
      approved: over((id) => ledger.approved(id)),
      requestCancel: over((id, by) => ledger.requestCancel(id, by)),
      reserveReplace: over((id, terms, facts, by) => ledger.reserveReplace(id, terms, facts, by)),
      deadLetter: over((id, label, reason) => ledger.deadLetter(id, label, reason)),
      recordBalances: over((account, balances, at) => ledger.recordBalances(account, balances, at)),
      orders: unused,
      history: unused,
      explain: unused,
      positions: unused,
      exposure: unused,
      limits: unused,
      setLimits: unused,
      status: unused,
      trip: unused,
      resetTrip: unused,
      follow: unused,
      unfollow: unused,
      ensure: unused,
    };
  }

  /** As a Worker sees the gateway: each call goes to the run that lives when it is made. */
  gatewayPort(): OrderGatewayPort {
    const to =
      <T extends unknown[], R>(call: (gateway: Gateway, ...args: T) => Promise<R>) =>
      async (...args: T): Promise<R> => {
        await this.timeline.sleep(this.random.between(1, 10));
        // A run that dies never answers; its caller learns so after a while.
        const died = new Error("the gateway died");
        const gone = this.timeline.sleep(30_000).then(() => Promise.reject(died));
        return structuredClone(await Promise.race([call(this.#gateway, ...args), gone]));
      };
    return {
      submit: to((gateway, approved, attempt) => gateway.submit(approved, attempt)),
      cancel: to((gateway, id) => gateway.cancel(id)),
      modify: to((gateway, id, changes) => gateway.modify(id, changes)),
      lookUp: to((gateway, id) => gateway.lookUp(id)),
      executeByHand: to((gateway, id, claim) => gateway.executeByHand(id, claim)),
      discardByHand: to((gateway, id, by, reason) => gateway.discardByHand(id, by, reason)),
      halt: to((gateway, scope, version) => gateway.halt(scope, version)),
      resume: to((gateway, scope, version) => gateway.resume(scope, version)),
      balances: to((gateway) => gateway.balances()),
      ensure: to((gateway) => gateway.watch()),
      streamState: async () => "ready",
    };
  }

  orderPorts(): OrderPorts {
    const gateway = this.gatewayPort();
    return {
      ledger: this.ledgerPort(),
      gateway: () => ({
        ...gateway,
        submit: async (approved, attempt) => {
          if (this.random.chance(this.faults.carrierDies)) return never();
          // A carrier may also be slow, so that a kill switch comes, and goes, before it.
          if (this.random.chance(this.faults.carrierDies))
            await this.timeline.sleep(this.random.between(1_000, 40_000));
          return gateway.submit(approved, attempt);
        },
        cancel: (id) =>
          this.random.chance(this.faults.carrierDies) ? never() : gateway.cancel(id),
        modify: (id, changes) =>
          this.random.chance(this.faults.carrierDies) ? never() : gateway.modify(id, changes),
      }),
      market: () => ({
        rules: this.broker.rules,
        instrument: async (id) => (id === INSTRUMENT.id ? INSTRUMENT : null),
        isOpen: async () => true,
        mark: async () => null,
      }),
      defaultAccount: ACCOUNT,
      accounts: [ACCOUNT],
      retries: this.queue,
      log: (_level, event, facts) => this.#note(event, facts),
    };
  }
}
