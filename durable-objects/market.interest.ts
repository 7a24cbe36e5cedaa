/**
 * What all sockets of a market want together, declared whole to the brokers' managers, to each what is
 * wanted of it. One declare is under way with each at a time; what changes meanwhile goes into the next,
 * so a burst of subscribes is one or two. A broker that refuses or is silent holds up no other's.
 */
import type { BrokerManagerPort, ConsumerId, FeedWish } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS, WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { FEED_MODES, type FeedMode } from "../src/domain/tick.ts";
import { unknownInstruments } from "./market.answers.ts";
import { type Round, Rounds } from "./market.rounds.ts";

/** Instruments, each in the mode in which it is wanted. */
export type ModedInstruments = Iterable<readonly [InstrumentId, FeedMode]>;

export type InstrumentStates = ReadonlyMap<InstrumentId, "pending" | "live">;

export interface InterestHost {
  consumer: ConsumerId;
  manager(broker: string): BrokerManagerPort;
  providerOf(instrument: InstrumentId): string;
  /** The highest epoch seen of it from another provider; 0 when there was none. */
  aboveOf(instrument: InstrumentId): number;
  /** Named in a declare again, or for the first time: how it stood before says nothing. */
  begins(instrument: InstrumentId): void;
  declared(): string;
  saveDeclared(declared: string): void;
  /** A declare failed or was refused: another is to be made after `retryMs`. */
  failed(error: unknown, retryMs: number): void;
}

type Outcome = Result<InstrumentStates, ApiError>;

/** What a broker answered to those that asked in one round. */
interface Answer {
  outcome: Outcome;
  /** Another asked in the same round: a refusal may be its fault. */
  isShared: boolean;
}

type ByBroker = Record<string, FeedWish[]>;

/** Stands among the brokers while a declare is under way; no broker has this name. */
const UNFINISHED = "";

/** For whoever asked for something that only a manager can give. */
export const UNAVAILABLE: ApiError = {
  code: "UNAVAILABLE",
  message: "the broker's manager could not be reached; try again",
  details: null,
};

export class Interest {
  readonly #host: InterestHost;
  /** How many want an instrument in each mode. */
  readonly #counts = new Map<InstrumentId, Record<FeedMode, number>>();
  readonly #rounds = new Map<string, Rounds<Outcome>>();
  /** Of these brokers nobody knows what was heard last. */
  readonly #unfinished = new Set<string>();
  /** Named in a declare, and in no later one left out because nobody wanted it. */
  readonly #begun: Set<InstrumentId>;

  constructor(host: InterestHost) {
    this.#host = host;
    const declared = JSON.parse(host.declared()) as ByBroker;
    if (UNFINISHED in declared)
      for (const broker of brokersIn(declared)) this.#unfinished.add(broker);
    this.#begun = new Set(Object.values(declared).flatMap(idsOf));
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Those that somebody wants: of the others nothing is missing, whatever happens to them. */
  wantedOf(instruments: readonly InstrumentId[]): InstrumentId[] {
    return instruments.filter((instrument) => this.#counts.has(instrument));
  }

  add(instruments: ModedInstruments): void {
    for (const [instrument, mode] of instruments) {
      const counts = this.#counts.get(instrument) ?? { ltp: 0, quote: 0, depth: 0 };
      counts[mode] += 1;
      this.#counts.set(instrument, counts);
    }
  }

  remove(instruments: ModedInstruments): void {
    for (const [instrument, mode] of instruments) {
      const counts = this.#counts.get(instrument);
      if (!counts) continue;
      counts[mode] = Math.max(0, counts[mode] - 1);
      if (highestOf(counts) === null) this.#counts.delete(instrument);
    }
  }

  /**
   * Adds these and declares to their brokers; takes them back when one of those refuses. `held` are wanted
   * already: how they stand is answered, too.
   */
  async acquire(instruments: ModedInstruments, held: InstrumentId[] = []): Promise<Outcome> {
    this.add(instruments);
    const { outcome, isShared } = await this.#ask(instruments, held);
    if (outcome.ok) return outcome;
    this.remove(instruments);
    if (isShared && outcome.error.code !== "UNAVAILABLE")
      return this.#acquireAlone(instruments, held);
    this.redeclare();
    return outcome;
  }

  release(instruments: ModedInstruments): void {
    this.remove(instruments);
    this.redeclare();
  }

  /** Declares again where it does not stand as wanted, for nobody in particular. */
  redeclare(): void {
    for (const broker of this.#undeclared()) {
      const round = this.#roundsOf(broker).join();
      round.askers -= 1;
      void this.#retryRefused(round.outcome);
    }
  }

  /** A failure was told to the host, whose alarm tries again. A refusal stands until there is room. */
  async #retryRefused(pending: Promise<Outcome>): Promise<void> {
    const outcome = await pending;
    if (!outcome.ok && outcome.error.code !== "UNAVAILABLE")
      this.#host.failed(new Error(outcome.error.message), WATCHDOG_INTERVAL_MS);
  }

  /** True when the managers know exactly what is wanted now. */
  isDeclared(): boolean {
    return this.#undeclared().length === 0;
  }

  #undeclared(): string[] {
    const wanted = this.#wanted();
    const declared = JSON.parse(this.#host.declared()) as ByBroker;
    const brokers = new Set([...brokersIn(wanted), ...brokersIn(declared), ...this.#unfinished]);
    return [...brokers].filter(
      (broker) =>
        this.#unfinished.has(broker) ||
        this.#rounds.get(broker)?.isIdle === false ||
        JSON.stringify(wanted[broker] ?? []) !== JSON.stringify(declared[broker] ?? []),
    );
  }

  async #acquireAlone(instruments: ModedInstruments, held: InstrumentId[]): Promise<Outcome> {
    const rounds = this.#brokersOf(instruments, held).map((broker) => this.#roundsOf(broker));
    const turn = Promise.all(rounds.map(({ alone }) => alone)).then(async () => {
      this.add(instruments);
      const { outcome } = await this.#ask(instruments, held);
      if (!outcome.ok) {
        this.remove(instruments);
        this.redeclare();
      }
      return outcome;
    });
    for (const one of rounds) one.alone = turn;
    return turn;
  }

  /** Asks the brokers of these: refused by name when one of them was not kept. */
  async #ask(instruments: ModedInstruments, held: InstrumentId[]): Promise<Answer> {
    const asked = new Map(
      [...instruments].map(([instrument]) => [instrument, this.#host.providerOf(instrument)]),
    );
    const rounds = this.#brokersOf(instruments, held).map((one) => this.#roundsOf(one).join());
    const answers = await Promise.all(rounds.map(answerOf));
    const refused = answers.find(({ outcome }) => !outcome.ok);
    if (refused) return refused;
    const states = new Map(
      answers.flatMap(({ outcome }) => (outcome.ok ? [...outcome.value] : [])),
    );
    const missing = [...asked.keys()].filter((instrument) => !states.has(instrument));
    if (missing.length === 0) return { outcome: ok(states), isShared: false };
    // Taken from another broker since it was asked for: that one is asked.
    const isElsewhere = missing.some((one) => this.#host.providerOf(one) !== asked.get(one));
    if (isElsewhere) return this.#ask(instruments, held);
    return { outcome: err(unknownInstruments(missing)), isShared: false };
  }

  #brokersOf(instruments: ModedInstruments, held: InstrumentId[]): string[] {
    const all = [...[...instruments].map(([instrument]) => instrument), ...held];
    const brokers = new Set(all.map((instrument) => this.#host.providerOf(instrument)));
    return [...brokers].filter((broker) => broker !== UNFINISHED);
  }

  #roundsOf(broker: string): Rounds<Outcome> {
    const known = this.#rounds.get(broker);
    if (known) return known;
    const rounds = new Rounds(() => this.#declare(broker));
    this.#rounds.set(broker, rounds);
    return rounds;
  }

  async #declare(broker: string): Promise<Outcome> {
    const wishes = this.#wanted()[broker] ?? [];
    this.#begin(broker, wishes);
    // Until the broker has answered nobody knows what holds: after an eviction it is declared again.
    this.#unfinished.add(broker);
    this.#save(broker, wishes);
    try {
      const answer = await this.#host.manager(broker).declare(this.#host.consumer, wishes);
      if (!answer.ok) return answer;
      this.#unfinished.delete(broker);
      this.#save(broker, wishes);
      return ok(new Map(answer.value.instruments.map((one) => [one.instrument, one.state])));
    } catch (error) {
      this.#host.failed(error, OBJECT_RETRY_MS);
      return err(UNAVAILABLE);
    }
  }

  /** Now, and not when its last user left: until that is heard, its ticks still come. */
  #begin(broker: string, wishes: readonly FeedWish[]): void {
    const before = (JSON.parse(this.#host.declared()) as ByBroker)[broker] ?? [];
    for (const { instrument } of before)
      if (!this.#counts.has(instrument)) this.#begun.delete(instrument);
    for (const { instrument } of wishes) {
      if (this.#begun.has(instrument)) continue;
      this.#begun.add(instrument);
      this.#host.begins(instrument);
    }
  }

  #save(broker: string, wishes: FeedWish[]): void {
    const { [UNFINISHED]: _before, ...others } = JSON.parse(this.#host.declared()) as ByBroker;
    const all: ByBroker = { ...others, [broker]: wishes };
    if (wishes.length === 0 && !this.#unfinished.has(broker)) delete all[broker];
    if (this.#unfinished.size > 0) all[UNFINISHED] = [];
    this.#host.saveDeclared(JSON.stringify(all));
  }

  /** The union by broker, in a fixed order: each instrument in the highest mode that anybody wants. */
  #wanted(): ByBroker {
    const byBroker: ByBroker = {};
    for (const [instrument, counts] of [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const mode = highestOf(counts) ?? "ltp";
      const above = this.#host.aboveOf(instrument);
      const wish = { instrument, mode, ...(above > 0 && { above }) };
      (byBroker[this.#host.providerOf(instrument)] ??= []).push(wish);
    }
    return byBroker;
  }
}

async function answerOf(round: Round<Outcome>): Promise<Answer> {
  const outcome = await round.outcome;
  return { outcome, isShared: round.askers > 1 };
}

const brokersIn = (byBroker: ByBroker): string[] =>
  Object.keys(byBroker).filter((broker) => broker !== UNFINISHED);

const idsOf = (wishes: readonly FeedWish[]): InstrumentId[] =>
  wishes.map(({ instrument }) => instrument);

const highestOf = (counts: Record<FeedMode, number>): FeedMode | null =>
  FEED_MODES.findLast((mode) => counts[mode] > 0) ?? null;
