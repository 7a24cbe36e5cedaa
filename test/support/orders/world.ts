/**
 * Everything an order passes, on one seeded clock: the real use cases, gateway and ledger, between a
 * misbehaving broker, queue and runtime. Whoever acts may die, before or after any of its calls.
 */
import { executeRetry } from "../../../src/application/execute-retry.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { RiskLedgerPort } from "../../../src/application/ports.ts";
import { takeDeadLetter } from "../../../src/application/take-dead-letter.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import type { WorldFaults } from "./faults.ts";
import { ACCOUNT, GatewayRuns, never } from "./gateway-run.ts";
import { Monitor } from "./monitor.ts";
import { seededRandom, type Random } from "./random.ts";
import { SimulatedQueue } from "./retry-queue.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import { SimulatedLedger } from "./simulated-ledger.ts";
import { Timeline } from "./timeline.ts";
import { Trouble } from "./trouble.ts";

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

const ALARM_MS = 5_000;

const unused = (): never => {
  throw new Error("not part of the simulation");
};

export class World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trouble: Trouble;
  readonly broker: SimulatedBroker;
  readonly ledger: SimulatedLedger;
  readonly gateways: GatewayRuns;
  readonly queue: SimulatedQueue;
  readonly monitor: Monitor;
  readonly log: { event: string; facts: unknown; at: number }[] = [];
  /** Our clock against the broker's, ms. */
  clockAheadMs = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.timeline = new Timeline(1_800_000_000_000);
    this.trouble = new Trouble(this.random);
    const { timeline, random, trouble } = this;
    this.broker = new SimulatedBroker(timeline, random, trouble);
    this.queue = new SimulatedQueue(timeline, random, trouble);
    const log = (_level: string, event: string, facts?: unknown): void =>
      void this.log.push({ event, facts, at: timeline.now() });
    const now = (): number => this.now();
    this.ledger = new SimulatedLedger({
      now,
      gateway: () => this.gateways.port(),
      retries: this.queue,
      log,
      onReserved: (id, facts) => this.monitor.reserved(id, facts),
      onReplaced: (order, quantity) => this.monitor.replaced(order, quantity),
    });
    this.monitor = new Monitor(this.ledger);
    this.broker.onSend = (approved) => this.monitor.sent(approved);
    this.ledger.tradebook.away = () => trouble.strikes("tradebookAway");
    const { broker, monitor, queue: retries } = this;
    const ledger = this.ledgerPort();
    const shared = { timeline, random, trouble, broker, monitor, retries, now, ledger, log };
    const gatewayWorld = { ...shared, instrument: INSTRUMENT };
    this.gateways = new GatewayRuns(gatewayWorld);
    this.queue.consume = (message, delivery) => executeRetry(this.orderPorts(), message, delivery);
    this.queue.consumeDead = (message) => takeDeadLetter(this.orderPorts(), message);
    this.#alarm();
  }

  /** Our clock, which jumps now and then. */
  now(): number {
    return this.timeline.now() + this.clockAheadMs;
  }

  setFaults(faults: WorldFaults): void {
    this.trouble.faults = faults;
  }

  restartBroker(forMs: number): void {
    this.trouble.brokerDown = true;
    this.gateways.disconnect();
    this.timeline.after(forMs, () => {
      this.trouble.brokerDown = false;
      this.gateways.connect();
    });
  }

  /** The ledger's alarm, as the runtime keeps it. */
  #alarm(): void {
    const note = (error: unknown): void =>
      void this.log.push({ event: "alarm_failed", facts: String(error), at: this.timeline.now() });
    this.ledger.alarm().catch(note);
    this.timeline.after(ALARM_MS, () => this.#alarm());
  }

  /** The ledger over a line that may fail, to an object that may go, before or after it did as told. */
  ledgerPort(): RiskLedgerPort {
    const { ledger, trouble } = this;
    const calls = ledger.calls();
    const evicts = (): void => {
      if (trouble.strikes("eviction")) ledger.evict();
    };
    const over =
      <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
      async (...args: T): Promise<R> => {
        await this.timeline.sleep(this.random.between(1, 10));
        evicts();
        if (trouble.strikes("ledgerFails")) throw new Error("the ledger is away");
        const result = structuredClone(await call(...args));
        evicts();
        if (trouble.strikes("ledgerFails")) throw new Error("the line broke");
        return result;
      };
    return {
      reserve: over((intent, facts) => calls.reserve(intent, facts)),
      post: over((posts) => calls.post(posts)),
      order: over((id) => calls.order(id)),
      approved: over((id) => calls.approved(id)),
      requestCancels: over((filter, by) => calls.requestCancels(filter, by)),
      requestCancel: over((id, by) => calls.requestCancel(id, by)),
      reserveReplace: over((id, changes, facts, by) =>
        calls.reserveReplace(id, changes, facts, by),
      ),
      deadLetter: over((id, label, reason) => calls.deadLetter(id, label, reason)),
      recordBalances: over((account, rows, at) => calls.recordBalances(account, rows, at)),
      trip: over((scope, reason, by) => calls.trip(scope, reason, by)),
      resetTrip: over((scope, reason, by) => calls.resetTrip(scope, reason, by)),
      setLimits: over((request, by) => calls.setLimits(request, by)),
      orders: unused,
      history: unused,
      explain: unused,
      positions: over(() => calls.positions()),
      exposure: unused,
      limits: unused,
      controls: unused,
      control: unused,
      status: unused,
      follow: unused,
      unfollow: unused,
      takeProviders: unused,
      ensure: unused,
    };
  }

  /** A use case may die before or after each of its calls. `epoch`: of the region that it runs in. */
  orderPorts(epoch = this.ledger.store.epoch): OrderPorts {
    const { timeline, random, trouble } = this;
    const mortal =
      <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
      async (...args: T): Promise<R> => {
        if (trouble.strikes("useCaseDies")) return never();
        const result = await call(...args);
        return trouble.strikes("useCaseDies") ? never() : result;
      };
    const ledger = this.ledgerPort();
    const gateway = this.gateways.port();
    return {
      ledger: {
        ...ledger,
        reserve: mortal((intent, facts) => ledger.reserve(intent, facts)),
        approved: mortal((id) => ledger.approved(id)),
        requestCancel: mortal((id, by) => ledger.requestCancel(id, by)),
        reserveReplace: mortal((id, changes, facts, by) =>
          ledger.reserveReplace(id, changes, facts, by),
        ),
        deadLetter: mortal((id, label, reason) => ledger.deadLetter(id, label, reason)),
      },
      gateway: () => ({
        ...gateway,
        submit: mortal(async (approved, attempt) => {
          // A carrier may be slow, so that a kill switch or a takeover comes, and goes, before it.
          if (trouble.strikes("carrierSlow")) await timeline.sleep(random.between(1_000, 40_000));
          return gateway.submit(approved, attempt);
        }),
        cancel: mortal((id) => gateway.cancel(id)),
        modify: mortal((id, changes) => gateway.modify(id, changes)),
        lookUp: mortal((id) => gateway.lookUp(id)),
      }),
      market: () => ({
        rules: this.broker.rules,
        instrument: async (id) => (id === INSTRUMENT.id ? INSTRUMENT : null),
        isOpen: async () => true,
        mark: async (instrument) => {
          const time = this.now();
          return { instrument, price: 100, bid: 99.9, ask: 100.1, time, provider: "simulated" };
        },
      }),
      defaultAccount: ACCOUNT,
      accounts: [ACCOUNT],
      retries: { send: mortal((message) => this.queue.send(message)) },
      epoch: async () => epoch,
      hasKey: async () => true,
      log: (_level, event, facts) => void this.log.push({ event, facts, at: timeline.now() }),
    };
  }
}
