/**
 * What all sockets of a market want together, declared whole to the brokers' managers. One declare is
 * under way at a time; what changes meanwhile goes into the next, so a burst of subscribes is one or two.
 */
import type { BrokerManagerPort, ConsumerId, FeedWish } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS, WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { FEED_MODES, type FeedMode } from "../src/domain/tick.ts";
import { unknownInstruments } from "./market.answers.ts";

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

interface Round {
  outcome: Promise<Outcome>;
  /** How many asked for it: a refusal may then be another's fault. */
  askers: number;
}

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
  #running: Promise<unknown> | null = null;
  #next: Round | null = null;
  /** Those whose shared round was refused try again one after the other. */
  #alone: Promise<unknown> = Promise.resolve();

  constructor(host: InterestHost) {
    this.#host = host;
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

  /** Adds these and declares; takes them back when that is refused. */
  async acquire(instruments: ModedInstruments): Promise<Outcome> {
    this.add(instruments);
    const round = this.#round();
    const outcome = keptOf(await round.outcome, instruments);
    if (outcome.ok) return outcome;
    this.remove(instruments);
    if (round.askers > 1 && outcome.error.code !== "UNAVAILABLE")
      return this.#acquireAlone(instruments);
    this.redeclare();
    return outcome;
  }

  release(instruments: ModedInstruments): void {
    this.remove(instruments);
    this.redeclare();
  }

  /** Declares again, for nobody in particular. */
  redeclare(): void {
    if (this.isDeclared()) return;
    const round = this.#round();
    round.askers -= 1;
    void this.#retryRefused(round.outcome);
  }

  /** A failure was told to the host, whose alarm tries again. A refusal stands until there is room. */
  async #retryRefused(pending: Promise<Outcome>): Promise<void> {
    const outcome = await pending;
    if (!outcome.ok && outcome.error.code !== "UNAVAILABLE")
      this.#host.failed(new Error(outcome.error.message), WATCHDOG_INTERVAL_MS);
  }

  /** True when the managers know exactly what is wanted now. */
  isDeclared(): boolean {
    return this.#next === null && this.#running === null && this.#text() === this.#host.declared();
  }

  async #acquireAlone(instruments: ModedInstruments): Promise<Outcome> {
    const turn = this.#alone.then(async () => {
      this.add(instruments);
      const outcome = keptOf(await this.#round().outcome, instruments);
      if (!outcome.ok) {
        this.remove(instruments);
        this.redeclare();
      }
      return outcome;
    });
    this.#alone = turn;
    return turn;
  }

  #round(): Round {
    this.#next ??= { outcome: this.#declareAfter(this.#running), askers: 0 };
    this.#next.askers += 1;
    return this.#next;
  }

  async #declareAfter(before: Promise<unknown> | null): Promise<Outcome> {
    // Also lets everyone of this turn add what they want.
    await before;
    this.#running = this.#next?.outcome ?? null;
    this.#next = null;
    try {
      return await this.#declare();
    } catch (error) {
      this.#host.failed(error, OBJECT_RETRY_MS);
      return err(UNAVAILABLE);
    } finally {
      this.#running = null;
    }
  }

  async #declare(): Promise<Outcome> {
    const text = this.#text();
    const wanted = JSON.parse(text) as Record<string, FeedWish[]>;
    const before = JSON.parse(this.#host.declared()) as Record<string, FeedWish[]>;
    // Now, and not when its last user left: until that was heard, its ticks still came.
    const held = idsOf(before);
    for (const one of idsOf(wanted)) if (!held.has(one)) this.#host.begins(one);
    // Until every broker has answered nobody knows what holds: after an eviction it is declared again.
    this.#host.saveDeclared(JSON.stringify({ ...before, ...wanted, [UNFINISHED]: [] }));
    const states = new Map<InstrumentId, "pending" | "live">();
    const brokers = new Set([...Object.keys(wanted), ...Object.keys(before)]);
    brokers.delete(UNFINISHED);
    // All at once: one that does not answer must not keep the others from hearing.
    const answers = await Promise.all(
      [...brokers].map((broker) =>
        this.#host.manager(broker).declare(this.#host.consumer, wanted[broker] ?? []),
      ),
    );
    for (const answer of answers) {
      if (!answer.ok) return answer;
      for (const { instrument, state } of answer.value.instruments) states.set(instrument, state);
    }
    this.#host.saveDeclared(text);
    return ok(states);
  }

  /** The union by broker, in a fixed order: each instrument in the highest mode that anybody wants. */
  #text(): string {
    const byBroker: Record<string, FeedWish[]> = {};
    for (const [instrument, counts] of [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const mode = highestOf(counts) ?? "ltp";
      const above = this.#host.aboveOf(instrument);
      const wish = { instrument, mode, ...(above > 0 && { above }) };
      (byBroker[this.#host.providerOf(instrument)] ??= []).push(wish);
    }
    return JSON.stringify(byBroker);
  }
}

/** For whoever asked for these: refused by name when one of them was not kept. */
function keptOf(outcome: Outcome, instruments: ModedInstruments): Outcome {
  if (!outcome.ok) return outcome;
  const asked = [...instruments].map(([instrument]) => instrument);
  const unknown = asked.filter((instrument) => !outcome.value.has(instrument));
  return unknown.length > 0 ? err(unknownInstruments(unknown)) : outcome;
}

const idsOf = (byBroker: Record<string, FeedWish[]>): Set<InstrumentId> =>
  new Set(Object.values(byBroker).flatMap((wishes) => wishes.map(({ instrument }) => instrument)));

const highestOf = (counts: Record<FeedMode, number>): FeedMode | null =>
  FEED_MODES.findLast((mode) => counts[mode] > 0) ?? null;
