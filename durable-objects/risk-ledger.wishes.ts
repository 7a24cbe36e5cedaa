/**
 * Which instruments the ledger needs marks of: those with open risk, each from the provider that is the
 * active one. Declared to the feeds, never on an order's path.
 */
import { ACCOUNTS, DEFAULT_ACCOUNT } from "../src/platform/deployment.ts";
import { brokerManager } from "../src/platform/objects.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { Holding, LedgerState } from "../src/domain/risk/state.ts";
import { ZERO } from "../src/domain/decimal.ts";
import type { LedgerStorage } from "./risk-ledger.storage.ts";
import type { ActiveProvider } from "../src/application/ports.ts";
import type { Mark } from "../src/domain/tick.ts";
import type { Log } from "../src/application/log.ts";
import { errorText } from "../src/application/log.ts";

/** Instruments by broker. */
type Wishes = Record<string, InstrumentId[]>;

export class MarkWishes {
  readonly #storage: LedgerStorage;
  readonly #env: Env;
  readonly #portfolio: string;
  readonly #log: Log;
  /** What the feeds keep of what they were last told, as text. */
  #declared: string;
  #wanted: Map<string, Set<InstrumentId>>;
  /** Instruments that had a switch of provider: from where they come now, and by which switch. */
  readonly #providers: Map<InstrumentId, { provider: string; term: number }>;
  #changed = false;
  #declaring: Promise<boolean> | null = null;

  constructor(storage: LedgerStorage, env: Env, portfolio: string, log: Log) {
    this.#storage = storage;
    this.#env = env;
    this.#portfolio = portfolio;
    this.#log = log;
    const declared = storage.setting("wishes") ?? "{}";
    this.#declared = declared;
    this.#providers = new Map(JSON.parse(storage.setting("providers") ?? "[]") as []);
    this.#wanted = setsOf(JSON.parse(declared) as Wishes);
  }

  /** Orders came or positions changed. True when that is a new wish; wishes end in `refresh` only. */
  want(holdings: Iterable<Holding>): boolean {
    let added = false;
    for (const holding of holdings) added = this.#add(holding) || added;
    if (added) this.#changed = true;
    return added;
  }

  /** Switches of provider; older ones than those known change nothing. True when a wish moves by them. */
  follow(providers: readonly ActiveProvider[]): boolean {
    for (const { instrument, provider, term } of providers) {
      if (term <= (this.#providers.get(instrument)?.term ?? 0)) continue;
      this.#providers.set(instrument, { provider, term });
      const held = [...this.#wanted.values()].filter((wanted) => wanted.delete(instrument));
      if (held.length > 0) this.#wish(provider, instrument);
    }
    this.#storage.set("providers", JSON.stringify([...this.#providers]));
    this.#changed ||= textOf(this.#wanted) !== this.#declared;
    return this.#changed;
  }

  /** Without the marks of providers that an instrument is no longer taken from. */
  news(marks: readonly Mark[]): Mark[] {
    return marks.filter(
      ({ instrument, provider }) =>
        (this.#providers.get(instrument)?.provider ?? provider) === provider,
    );
  }

  #wish(broker: string, instrument: InstrumentId): void {
    const wanted = this.#wanted.get(broker) ?? new Set();
    this.#wanted.set(broker, wanted.add(instrument));
  }

  #add({ account, instrument }: Pick<Holding, "account" | "instrument">): boolean {
    const broker = this.#providers.get(instrument)?.provider ?? brokerOf(account);
    if (broker === null || this.#wanted.get(broker)?.has(instrument)) return false;
    this.#wish(broker, instrument);
    return true;
  }

  /** Looks at everything anew: what has no risk any more is wished for no longer. */
  refresh(state: LedgerState): void {
    this.#wanted = new Map([...this.#wanted.keys()].map((broker) => [broker, new Set()]));
    for (const holding of state.holdings.values())
      if (holding.orders.size > 0 || !holding.position.quantity.eq(ZERO)) this.#add(holding);
    this.#addIndex(state);
    this.#changed = textOf(this.#wanted) !== this.#declared;
  }

  /** The index of a trip is watched although nobody holds it. */
  #addIndex(state: LedgerState): void {
    const trip = state.controls.trips.get("indexFall");
    const instrument = trip?.on ? trip.bounds.instrument : null;
    if (instrument) this.#add({ account: DEFAULT_ACCOUNT, instrument });
  }

  /** True while a feed is to be told something. */
  get pending(): boolean {
    return this.#changed;
  }

  /** Declares what has changed. False when a feed could not be reached, or could not say: try later. */
  declare(): Promise<boolean> {
    if (!this.#changed) return Promise.resolve(true);
    this.#declaring ??= this.#run().finally(() => {
      this.#declaring = null;
    });
    return this.#declaring;
  }

  /** All at once: a feed that does not answer must not keep the others from hearing. */
  async #run(): Promise<boolean> {
    const asked = wishesOf(this.#wanted);
    const answers = await Promise.all(
      Object.entries(asked).map(async ([broker, instruments]) => {
        const kept = await this.#declareAt(broker, instruments);
        return [broker, kept] as const;
      }),
    );
    const before = JSON.parse(this.#declared) as Wishes;
    const known = answers.map(([broker, kept]) => [broker, kept ?? before[broker] ?? []] as const);
    this.#declared = JSON.stringify(Object.fromEntries(known));
    this.#storage.set("wishes", this.#declared);
    const done = answers.every(([, kept]) => kept !== null);
    // More may have been wished for meanwhile. What was refused is asked for again by the next look.
    this.#changed = !done || textOf(this.#wanted) !== JSON.stringify(asked);
    return done;
  }

  /** What the feed keeps of the list; null when it could not be reached or cannot say yet. */
  async #declareAt(broker: string, instruments: InstrumentId[]): Promise<InstrumentId[] | null> {
    const list = instruments.map((instrument) => ({ instrument, mode: "quote" as const }));
    try {
      const consumer = `ledger:${this.#portfolio}` as const;
      const answer = await brokerManager(this.#env, broker).declare(consumer, list);
      if (!answer.ok) {
        this.#log("error", "marks_refused", { broker, message: answer.error.message });
        return null;
      }
      const kept = new Set(answer.value.instruments.map(({ instrument }) => instrument));
      const refused = instruments.filter((instrument) => !kept.has(instrument));
      if (refused.length > 0)
        this.#log("error", "marks_refused", { broker, refused: refused.join(", ") });
      return instruments.filter((instrument) => kept.has(instrument));
    } catch (error) {
      this.#log("warn", "marks_not_declared", { broker, error: errorText(error) });
      return null;
    }
  }
}

const brokerOf = (account: string): string | null =>
  ACCOUNTS.find((each) => each.account === account)?.broker ?? null;

const setsOf = (wishes: Wishes): Map<string, Set<InstrumentId>> =>
  new Map(Object.entries(wishes).map(([broker, instruments]) => [broker, new Set(instruments)]));

/** Sorted, so that the same wish is the same text. */
const wishesOf = (wanted: Map<string, Set<InstrumentId>>): Wishes =>
  Object.fromEntries(
    [...wanted.keys()].sort().map((broker) => [broker, [...(wanted.get(broker) ?? [])].sort()]),
  );

const textOf = (wanted: Map<string, Set<InstrumentId>>): string => JSON.stringify(wishesOf(wanted));
