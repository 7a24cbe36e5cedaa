/**
 * The ledger's real logic over storage in memory: book, decisions, kill switch, sweep and duties as its
 * Durable Object runs them. An eviction drops everything but the storage.
 */
import {
  explainIntent,
  reserve,
  reserveAll,
  reserveReplace,
  setLimits,
} from "../../../src/application/ledger/deciding.ts";
import { LedgerAlarm } from "../../../src/application/ledger/alarm.ts";
import { LedgerArchive } from "../../../src/application/ledger/archive.ts";
import { LedgerBook } from "../../../src/application/ledger/book.ts";
import { LedgerControls } from "../../../src/application/ledger/controls.ts";
import { LedgerDuties } from "../../../src/application/ledger/duties.ts";
import { KillSwitch } from "../../../src/application/ledger/kill-switch.ts";
import {
  approvedOf,
  endedOf,
  orderOf,
  postAll,
  requestCancel,
  requestCancels,
  takeBalances,
} from "../../../src/application/ledger/orders.ts";
import { LedgerTrips } from "../../../src/application/ledger/trips.ts";
import { positionViews } from "../../../src/application/ledger/views.ts";
import type { OwedCalls } from "../../../src/application/ledger/ports.ts";
import type { RiskLedgerPort } from "../../../src/application/ports.ts";
import { brokenEquations } from "../../../src/domain/risk/equation.ts";
import { reducingOf } from "../../../src/domain/risk/reducing.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import type { Mark } from "../../../src/domain/tick.ts";
import type { LedgerWorld } from "./ledger-world.ts";
import { MemoryLedgerStore } from "./memory-ledger-store.ts";
import { SimulatedTradebook } from "./simulated-tradebook.ts";

/** What this object offers of its port; the rest is reading. */
export type LedgerCalls = Pick<
  RiskLedgerPort,
  | "reserve"
  | "reserveAll"
  | "post"
  | "reserveReplace"
  | "requestCancel"
  | "requestCancels"
  | "order"
  | "endedOf"
  | "approved"
  | "reducing"
  | "positions"
  | "trip"
  | "resetTrip"
  | "setLimits"
  | "recordBalances"
  | "explain"
  | "controls"
  | "control"
>;

interface OwedCall {
  scope: ScopeText;
  action: "halt" | "resume" | "fence";
  version: number;
  haltVersion: number;
}

/** One run of the object, with all that it holds in memory. */
interface LedgerRun {
  book: LedgerBook;
  killSwitch: KillSwitch;
  controls: LedgerControls;
  trips: LedgerTrips;
  duties: LedgerDuties;
  archive: LedgerArchive;
  alarm: LedgerAlarm;
}

/** Orders are archived within a run, and asked for again, and filled late. */
const AGES_FAST = { orderKeptMs: 8_000, sliceMs: 1_000, sliceOrders: 5, pastDaysOnly: false };

export class SimulatedLedger {
  readonly store = new MemoryLedgerStore();
  readonly tradebook = new SimulatedTradebook(this.store);
  readonly #world: LedgerWorld;
  /** Stored, so an eviction keeps it. */
  readonly #owed = new Map<ScopeText, OwedCall>();
  #runs = 0;
  #run: LedgerRun;

  constructor(world: LedgerWorld) {
    this.#world = world;
    this.#run = this.#begin();
  }

  get #book(): LedgerBook {
    return this.#run.book;
  }

  /** A new run of the object, as after an eviction: memory is empty. */
  evict(): void {
    this.#run = this.#begin();
  }

  #begin(): LedgerRun {
    const { store, tradebook } = this;
    const { log, retries, tripWork, after } = this.#world;
    this.#runs += 1;
    const run = this.#runs;
    const book: LedgerBook = new LedgerBook({
      storage: store,
      outbox: tradebook,
      transaction: (work) => {
        // What the platform does: an object that was replaced cannot reach its storage any more.
        if (run !== this.#runs) throw new Error("this run of the ledger has been replaced");
        return tradebook.transaction(() => store.transaction(work));
      },
      onCommit: () => {
        void tradebook.flush().then((done) => done || alarm.soon());
        alarm.changed();
      },
      onApplied: (event, change, at) => {
        trips.note(event, change, at);
        this.#world.onApplied(event);
      },
      onDenied: (order, at) => trips.denied(order, at),
    });
    const gateways = this.#gateways();
    const killSwitch = new KillSwitch(book, gateways, after);
    const later = (work: Promise<unknown>): void => this.#later(work);
    const trips = new LedgerTrips({ book, killSwitch, later, log, ...tripWork });
    const clockOffset = (broker: string, offsetMs: number): void =>
      trips.clockOffset(broker, offsetMs, ["simulated"], this.#world.now());
    const controls = new LedgerControls({ book, gateways, killSwitch, trips, clockOffset });
    const archive = new LedgerArchive({
      book,
      past: tradebook.past,
      isSettled: async () => true,
      after,
      bounds: AGES_FAST,
      log,
    });
    const duties = new LedgerDuties({
      book,
      archive,
      gateways,
      wishes: { refresh: () => {}, declare: async () => true, pending: false },
      notices: { send: async () => {}, waiting: false },
      trips,
      gateway: () => this.#world.gateway(),
      retries,
      after,
      log,
    });
    const alarm: LedgerAlarm = new LedgerAlarm({
      now: () => this.#world.now(),
      dueAt: (at) => duties.nextDueAt(at),
      // A run that was replaced reaches its storage no more.
      store: (at) => run === this.#runs && this.#world.setAlarm(at),
    });
    return { book, killSwitch, controls, trips, duties, archive, alarm };
  }

  /** What follows from a trip goes on by itself; where it fails, the alarm goes on with it. */
  #lookAtTrips(): void {
    const work = this.#run.trips.look(this.#world.now());
    if (work) this.#later(work);
  }

  #later(work: Promise<unknown>): void {
    this.#run.alarm
      .after(work)
      .catch((error: unknown) => this.#world.log("error", "trip_failed", { error: String(error) }));
  }

  /** Prices of the feed. */
  takeMarks(marks: readonly Mark[]): void {
    this.#book.takeMarks(marks, this.#world.now());
    this.#lookAtTrips();
  }

  #gateways(): OwedCalls {
    const owed = this.#owed;
    return {
      owe: (scope, action, version, haltVersion) =>
        void owed.set(scope, { scope, action, version, haltVersion }),
      oweFence: (epoch) =>
        void owed.set("lease", { scope: "lease", action: "fence", version: epoch, haltVersion: 0 }),
      unfenced: () =>
        [...owed.values()].some(({ action }) => action === "fence") ? ["simulated"] : [],
      lastLeftAt: null,
      get owed() {
        return owed.size;
      },
      settle: async () => {
        const paid = await Promise.all([...owed.values()].map((call) => this.#pay(call)));
        return paid.every(Boolean);
      },
    };
  }

  async #pay(call: OwedCall): Promise<boolean> {
    const { scope, action, version, haltVersion } = call;
    try {
      const gateway = this.#world.gateway();
      if (action === "fence") await gateway.fence(version);
      else if (action === "halt") await gateway.halt(scope, version);
      else await gateway.resume(scope, version, haltVersion);
    } catch {
      return false;
    }
    if (this.#owed.get(scope) === call) this.#owed.delete(scope);
    return true;
  }

  /** What the object's alarm does. */
  alarm(): Promise<void> {
    return this.#run.duties.run(this.#world.now());
  }

  /** As the platform rings it: the alarm is set anew before and after. */
  rings(): Promise<void> {
    return this.#run.alarm.rang(() => this.alarm());
  }

  /** When that alarm is set for. */
  dueAt(): number | null {
    return this.#run.duties.nextDueAt(this.#world.now());
  }

  /** The calls of the object's port. Each looks at the run that lives when it is made. */
  calls(): LedgerCalls {
    const now = (): number => this.#world.now();
    return {
      reserve: async (intent, facts) => {
        const answer = reserve(this.#book, intent, facts, now());
        if (answer.kind === "approved") this.#world.onReserved(intent.clientOrderId, facts);
        if (answer.kind === "denied") this.#lookAtTrips();
        return answer;
      },
      reserveAll: async (asks) => {
        const answers = reserveAll(this.#book, asks, now());
        for (const [place, { intent, facts }] of asks.entries())
          if (answers[place]?.kind === "approved")
            this.#world.onReserved(intent.clientOrderId, facts);
        if (answers.some(({ kind }) => kind === "denied")) this.#lookAtTrips();
        return answers;
      },
      post: async (posts) => {
        await this.#run.archive.bringBack(posts, now());
        const posted = postAll(this.#book, posts, now());
        this.#lookAtTrips();
        return posted;
      },
      reserveReplace: async (id, changes, facts, by) => {
        const answer = reserveReplace(this.#book, id, changes, facts, by, now());
        if (answer.ok) this.#world.onReplaced(answer.value, changes);
        return answer;
      },
      requestCancel: async (id, by) => requestCancel(this.#book, id, by, now()),
      requestCancels: async (filter, by) => requestCancels(this.#book, filter, by, now()),
      order: async (id) => orderOf(this.#book, id, now()),
      endedOf: async (ids) => endedOf(this.#book, ids, now()),
      reducing: async (account) => reducingOf(this.#book.state(now()), account),
      approved: async (id, lots = null) => approvedOf(this.#book, id, lots, now()),
      positions: async () => positionViews(this.#book.state(now()), now()),
      trip: (scope, reason, by, options) => {
        const { killSwitch, alarm } = this.#run;
        const killed = alarm.after(killSwitch.trip(scope, reason, by, now(), options));
        // It latches in the same breath; what comes after may die.
        const latched = this.state().tradingStates.get(scope)?.state === "halted";
        if (options?.flatten && latched) this.#world.onFlattenAsked(scope);
        return killed;
      },
      resetTrip: (scope, reason, by) =>
        this.#run.alarm.after(this.#run.killSwitch.reset(scope, reason, by, now())),
      controls: async () => this.#run.controls.view(now()),
      control: async (command, by) => {
        const done = await this.#run.alarm.after(this.#run.controls.run(command, by, now()));
        this.#lookAtTrips();
        return done;
      },
      explain: async (intent, facts) => explainIntent(this.#book, intent, facts, now()),
      setLimits: async (request, by) => setLimits(this.#book, request, by, now()),
      recordBalances: async (account, balances, at) =>
        takeBalances(this.#book, account, balances, at, now()),
    };
  }

  /** Memory as it stands. */
  state() {
    return this.#book.state(this.#world.now());
  }

  brokenEquations(): string[] {
    return brokenEquations(this.state().holdings.values());
  }
}
