/**
 * Everything an order passes, on one seeded clock: the real use cases, gateway and ledger, between a
 * misbehaving broker, queue and runtime. Whoever acts may die, before or after any of its calls.
 */
import { executeRetry } from "../../../src/application/execute-retry.ts";
import { flattenScope } from "../../../src/application/flatten.ts";
import { cancelAll } from "../../../src/application/cancel-all.ts";
import type { Log } from "../../../src/application/log.ts";
import { gatherFacts } from "../../../src/application/order-facts.ts";
import type { AccountMarket, OrderPorts } from "../../../src/application/order-ports.ts";
import type { RiskLedgerPort } from "../../../src/application/ports.ts";
import { RegionLease } from "../../../src/application/region-lease.ts";
import { takeDeadLetter } from "../../../src/application/take-dead-letter.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import { SIMULATED_RULES } from "./broker-faults.ts";
import { QUIET, type WorldFaults } from "./faults.ts";
import { SimulatedAlarm } from "./alarm.ts";
import { SimulatedFeed } from "./feed.ts";
import { ACCOUNT, GatewayRuns, never } from "./gateway-run.ts";
import { ledgerLine } from "./ledger-line.ts";
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

/** The other algo's. */
export const OTHER_INSTRUMENT: Instrument = { ...INSTRUMENT, id: "SIM:BBB", symbol: "BBB" };

/** Can be watched, not traded. */
export const WATCHED_INSTRUMENT: Instrument = {
  ...INSTRUMENT,
  id: "SIM:WWW",
  symbol: "WWW",
  tradable: false,
};

export const INSTRUMENTS: readonly Instrument[] = [INSTRUMENT, OTHER_INSTRUMENT];

export type Region = "primary" | "standby";

export class World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trouble: Trouble;
  readonly broker: SimulatedBroker;
  readonly ledger: SimulatedLedger;
  readonly gateways: GatewayRuns;
  readonly queue: SimulatedQueue;
  readonly monitor: Monitor;
  readonly feed: SimulatedFeed;
  readonly log: { event: string; facts: unknown; at: number }[] = [];
  /** Our clock against the broker's, ms. */
  clockAheadMs = 0;
  /** By its hours. The broker itself takes orders all the same. */
  marketOpen = true;
  /** Whose Workers answer the callers now. */
  region: Region = "primary";
  /** What a person did to dead letters, by order. */
  readonly byPerson = new Map<string, Set<"hand" | "discard" | "retry">>();
  /** Stored: a run of the ledger that dies leaves it to the next. */
  readonly #ledgerAlarm: SimulatedAlarm;
  readonly #leases = {
    primary: new RegionLease("primary"),
    standby: new RegionLease("standby"),
  };

  constructor(seed: number, money: number) {
    this.random = seededRandom(seed);
    this.timeline = new Timeline(1_800_000_000_000);
    this.trouble = new Trouble(this.random);
    const { timeline, random, trouble } = this;
    this.broker = new SimulatedBroker(timeline, random, trouble, money);
    this.queue = new SimulatedQueue(timeline, random, trouble);
    this.#ledgerAlarm = new SimulatedAlarm({
      now: () => this.now(),
      after: (ms, act) => timeline.after(ms, act),
      lateMs: () => trouble.lateMs(),
      ring: () => this.#ledgerRings(),
    });
    const log: Log = (_level, event, facts) => {
      this.log.push({ event, facts, at: timeline.now() });
      this.monitor.logged(event, facts ?? {});
    };
    const now = (): number => this.now();
    this.ledger = new SimulatedLedger({
      now,
      after: (ms, act) => timeline.after(ms, act),
      setAlarm: (at) => this.#ledgerAlarm.set(at),
      gateway: () => this.gateways.port(),
      retries: this.queue,
      tripWork: {
        cancel: (orders) => cancelAll(this.#ledgersOwnPorts(), orders),
        flatten: (scope) => flattenScope(this.#ledgersOwnPorts(), scope, now()),
      },
      log,
      onReserved: (id, facts) => this.monitor.reserved(id, facts, now()),
      onReplaced: (order, changes) => this.monitor.replaced(order, changes),
      onApplied: (event) =>
        this.monitor.promises.applied(event, (id) => this.ledger.store.order(id)?.order),
      onFlattenAsked: (scope) => this.monitor.promises.asksFlat(scope),
    });
    this.monitor = new Monitor(this.ledger, this.broker, timeline);
    this.broker.onSend = (approved) => this.monitor.sent(approved);
    this.broker.onModify = (order, changes) => this.monitor.modified(order, changes);
    this.broker.onModified = (order) => this.monitor.inForce(order);
    this.ledger.tradebook.away = () => trouble.strikes("tradebookAway");
    const { broker, monitor, queue: retries } = this;
    const ledger = this.ledgerPort();
    const shared = { timeline, random, trouble, broker, monitor, retries, now, ledger, log };
    this.gateways = new GatewayRuns({
      ...shared,
      slowness: seededRandom(seed ^ 0x1b873593),
      facts: (intent) => gatherFacts(this.#market, intent.instrument, intent, now()),
    });
    this.monitor.isBooked = (id) => this.gateways.store.hasExecution(id);
    this.monitor.exits.filledAt = (id) => this.gateways.store.order(id)?.filledQuantity ?? "0";
    this.queue.consume = (message, delivery) =>
      executeRetry(this.orderPorts(), message, delivery, now());
    this.queue.consumeDead = (message) => takeDeadLetter(this.orderPorts(), message);
    this.feed = new SimulatedFeed({
      timeline,
      random,
      now,
      instruments: INSTRUMENTS.map(({ id }) => id),
      price: (instrument) => broker.exchange.price(instrument),
      isQuiet: () => trouble.faults === QUIET,
      deliver: (marks) => {
        for (const mark of marks) monitor.entries.told(mark);
        this.ledger.takeMarks(marks);
      },
    });
  }

  /** Our clock, which jumps now and then. */
  now(): number {
    return this.timeline.now() + this.clockAheadMs;
  }

  #ledgerRings(): void {
    this.ledger.rings().catch((error: unknown) => {
      this.log.push({ event: "alarm_failed", facts: String(error), at: this.timeline.now() });
    });
  }

  setFaults(faults: WorldFaults): void {
    this.trouble.faults = faults;
  }

  restartBroker(forMs: number): void {
    this.trouble.brokerDown = true;
    this.gateways.disconnect();
    this.timeline.after(forMs, () => void (this.trouble.brokerDown = false));
  }

  readonly #market: AccountMarket = {
    rules: SIMULATED_RULES,
    instrument: async (id) =>
      [...INSTRUMENTS, WATCHED_INSTRUMENT].find((each) => each.id === id) ?? null,
    isOpen: async () => this.marketOpen,
    mark: async (instrument) => this.feed.quote(instrument),
  };

  ledgerPort(): RiskLedgerPort {
    return ledgerLine(this);
  }

  /** For what the ledger does itself: it dies by eviction, not in the middle of one call. */
  #ledgersOwnPorts(): OrderPorts {
    return this.orderPorts(this.region, false);
  }

  /** A use case may die before or after each of its calls. */
  orderPorts(region: Region = this.region, isMortal = true): OrderPorts {
    const { timeline, random, trouble } = this;
    const mortal =
      <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
      async (...args: T): Promise<R> => {
        if (!isMortal) return call(...args);
        if (trouble.strikes("useCaseDies")) return never();
        const result = await call(...args);
        return trouble.strikes("useCaseDies") ? never() : result;
      };
    // A carrier may be slow, so that a kill switch or a takeover comes, and goes, before it.
    const slow = async (): Promise<void> => {
      if (trouble.strikes("carrierSlow")) await timeline.sleep(random.between(1_000, 40_000));
    };
    const ledger = this.ledgerPort();
    const gateway = this.gateways.port();
    return {
      ledger: {
        ...ledger,
        reserve: mortal((intent, facts) => ledger.reserve(intent, facts)),
        approved: mortal((id, lots) => ledger.approved(id, lots)),
        requestCancels: mortal((filter, by) => ledger.requestCancels(filter, by)),
        requestCancel: mortal((id, by) => ledger.requestCancel(id, by)),
        reserveReplace: mortal((id, changes, facts, by) =>
          ledger.reserveReplace(id, changes, facts, by),
        ),
      },
      gateway: () => ({
        ...gateway,
        place: mortal((intent, facts) => gateway.place(intent, facts)),
        submit: mortal(async (approved, attempt) => {
          await slow();
          return gateway.submit(approved, attempt);
        }),
        cancel: mortal((id) => gateway.cancel(id)),
        modify: mortal(async (id, changes, epoch) => {
          await slow();
          return gateway.modify(id, changes, epoch);
        }),
        lookUp: mortal((id) => gateway.lookUp(id)),
        giveUpUnsent: mortal((id, reason) => gateway.giveUpUnsent(id, reason)),
        executeByHand: mortal((id, claim) => gateway.executeByHand(id, claim)),
        discardByHand: mortal((id, by, reason) => gateway.discardByHand(id, by, reason)),
      }),
      market: () => this.#market,
      defaultAccount: ACCOUNT,
      accounts: [ACCOUNT],
      retries: { send: mortal((message) => this.queue.send(message)) },
      epoch: (fresh) => this.#leases[region].epoch(ledger, fresh === "fresh", () => this.now()),
      sleep: (ms) => timeline.sleep(ms),
      hasKey: async (algoId) => algoId !== "nobody",
      log: (_level, event, facts) => void this.log.push({ event, facts, at: timeline.now() }),
    };
  }
}
