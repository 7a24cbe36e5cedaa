/**
 * The one owner of every topic's sequence and last value: stored before it is told, told to every
 * market that follows, each topic's values in order. What a market was not told is told again.
 */
import type { SignalsPort } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { SignalView } from "../src/contract/signals.ts";
import {
  SIGNAL_TOPICS_MAX,
  SIGNALS_BURST_MAX,
  SIGNALS_PER_SECOND_MAX,
  SIGNALS_WAITING_MAX,
} from "../src/domain/market-limits.ts";
import { fullBucket, takeToken, type TokenBucket } from "../src/domain/rate-limit.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import type { MarketManagerStorage, StoredSignal } from "./market-manager.storage.ts";

export interface SignalsHost {
  storage: MarketManagerStorage;
  tell(market: string, signals: SignalView[]): Promise<void>;
  /** Something could not be told: `settle` is to be called before long. */
  later(): void;
}

const RATE = { perSecond: SIGNALS_PER_SECOND_MAX, burst: SIGNALS_BURST_MAX };

/** Publishers counted at once; starting over bounds what many names can fill. */
const PUBLISHERS_COUNTED_MAX = 10_000;

export class Signals {
  readonly #host: SignalsHost;
  readonly #waiting = new Map<string, StoredSignal[]>();
  readonly #busy = new Set<string>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(host: SignalsHost) {
    this.#host = host;
    // An eviction leaves the last value of each topic: first of all, so that later ones do not hide them.
    for (const { market, told } of host.storage.followers())
      this.#waiting.set(market, host.storage.signalsAfter(told));
  }

  /** Stores the value as the topic's last. The caller then lets `settle` run. */
  publish(
    { topic, value, by }: Parameters<SignalsPort["publishSignal"]>[0],
    now: number,
  ): Result<SignalView, ApiError> {
    const { storage } = this.#host;
    if (!this.#mayPublish(by, now)) return err(tooFast());
    const before = storage.signal(topic);
    if (!before && storage.topics >= SIGNAL_TOPICS_MAX) return err(tooManyTopics());
    const seq = (before?.seq ?? 0) + 1;
    const signal = { topic, seq, value, by, at: now, ordinal: storage.lastOrdinal + 1 };
    storage.saveSignal(signal);
    for (const { market } of storage.followers()) this.#add(market, signal);
    return ok(viewOf(signal));
  }

  follow(market: string, topics: readonly string[]): SignalView[] {
    const { storage } = this.#host;
    storage.follow(market, storage.lastOrdinal);
    return topics.flatMap((topic) => {
      const signal = storage.signal(topic);
      return signal ? [viewOf(signal)] : [];
    });
  }

  unfollow(market: string): void {
    this.#host.storage.unfollow(market);
    this.#waiting.delete(market);
  }

  list(): SignalView[] {
    return this.#host.storage.signals().map(viewOf);
  }

  /** Tells every market what it was not told. */
  async settle(): Promise<void> {
    await Promise.all([...this.#waiting.keys()].map((market) => this.#tell(market)));
  }

  #add(market: string, signal: StoredSignal): void {
    const waiting = [...(this.#waiting.get(market) ?? []), signal];
    this.#waiting.set(market, waiting.length > SIGNALS_WAITING_MAX ? lastOfEach(waiting) : waiting);
  }

  async #tell(market: string): Promise<void> {
    if (this.#busy.has(market)) return;
    this.#busy.add(market);
    try {
      for (;;) {
        const batch = this.#waiting.get(market) ?? [];
        const last = batch.at(-1);
        if (!last) return;
        this.#waiting.set(market, []);
        try {
          await this.#host.tell(market, batch.map(viewOf));
        } catch {
          // The market takes each topic's values in order, so what it had already is passed over.
          const all = [...batch, ...(this.#waiting.get(market) ?? [])];
          this.#waiting.set(market, all.length > SIGNALS_WAITING_MAX ? lastOfEach(all) : all);
          return this.#host.later();
        }
        this.#host.storage.told(market, last.ordinal);
      }
    } finally {
      this.#busy.delete(market);
    }
  }

  #mayPublish(by: string, now: number): boolean {
    const bucket = takeToken(this.#buckets.get(by) ?? fullBucket(RATE, now), RATE, now);
    if (!bucket) return false;
    if (!this.#buckets.has(by) && this.#buckets.size >= PUBLISHERS_COUNTED_MAX)
      this.#buckets.clear();
    this.#buckets.set(by, bucket);
    return true;
  }
}

/** Too much waits: the last value of each topic, in the order in which they were published. */
function lastOfEach(signals: readonly StoredSignal[]): StoredSignal[] {
  const last = new Map(signals.map((signal) => [signal.topic, signal]));
  return signals.filter((signal) => last.get(signal.topic) === signal);
}

const viewOf = ({ ordinal: _ordinal, ...view }: StoredSignal): SignalView => view;

const tooFast = (): ApiError => ({
  code: "RATE_LIMITED",
  message: `at most ${SIGNALS_PER_SECOND_MAX} signals a second; this one was not published`,
  details: { limit: String(SIGNALS_PER_SECOND_MAX) },
});

const tooManyTopics = (): ApiError => ({
  code: "SIGNAL_LIMIT",
  message: `there are ${SIGNAL_TOPICS_MAX} topics already, and no more can be kept: use one of them`,
  details: { limit: String(SIGNAL_TOPICS_MAX) },
});
