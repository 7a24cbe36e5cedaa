/**
 * What the operator set for a broker's feed, and what the broker's refusals taught: shards, weights,
 * drains, learned limits. All of it is durable before it is acted on.
 */
import type { BrokerRules } from "../src/brokers/broker.ts";
import type { BrokerView } from "../src/contract/brokers.ts";
import {
  type BrokerLimits,
  learn,
  type LearnedLimit,
  limitsInForce,
} from "../src/domain/broker-limits.ts";
import { type Drain, drainedLayout, lookAtHours, startDrain } from "../src/domain/drain.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { ShardLayout } from "../src/domain/sharding.ts";
import type { BrokerManagerStorage } from "./broker-manager.storage.ts";

interface Stored {
  shards: number;
  weights: [InstrumentId, number][];
  shardDrains: [number, Drain][];
  brokerDrain: Drain | null;
  learned: LearnedLimit[];
}

const NOTE = "feed";

export class FeedSettings {
  readonly #storage: BrokerManagerStorage;
  readonly #configured: BrokerLimits;
  #stored: Stored;

  constructor(storage: BrokerManagerStorage, rules: BrokerRules, shardsDefault: number) {
    this.#storage = storage;
    this.#configured = {
      instrumentsPerConnection: rules.instrumentsPerConnectionMax,
      connections: rules.connectionsMax,
      subscribeMessagesPerSecond: rules.subscribeMessagesPerSecond,
    };
    this.#stored = (storage.note(NOTE) as Stored | null) ?? {
      // Where only the number of shards was ever set, it stands apart.
      shards: storage.setting("shards") ?? Math.min(shardsDefault, rules.connectionsMax),
      weights: [],
      shardDrains: [],
      brokerDrain: null,
      learned: [],
    };
  }

  get shards(): number {
    return this.#stored.shards;
  }

  get limits(): BrokerLimits {
    return limitsInForce(this.#configured, this.#stored.learned);
  }

  get brokerDrain(): Drain | null {
    return this.#stored.brokerDrain;
  }

  get layout(): ShardLayout {
    return this.layoutOf({});
  }

  /** The layout as it would be with these changes. */
  layoutOf(changes: { shards?: number; drains?: ReadonlyMap<number, Drain> }): ShardLayout {
    const { shards = this.shards, drains = this.drains } = changes;
    return drainedLayout(shards, drains, new Map(this.#stored.weights));
  }

  get drains(): ReadonlyMap<number, Drain> {
    return new Map(this.#stored.shardDrains);
  }

  /** Weights that are left out stay as they are. */
  setFeed(shards: number, weights: Record<InstrumentId, number> | undefined): void {
    // A shard that is no more is not draining any more either.
    const shardDrains = this.#stored.shardDrains.filter(([number]) => number <= shards);
    this.#save({
      shards,
      shardDrains,
      ...(weights && { weights: Object.entries(weights) }),
    });
  }

  setBrokerDrain(when: Drain["when"] | null, now: number): void {
    this.#save({ brokerDrain: when && startDrain(when, now) });
  }

  /** The drains as they would be with this shard's set or, with null, lifted. */
  drainsWith(shard: number, when: Drain["when"] | null, now: number): Map<number, Drain> {
    const drains = new Map(this.drains);
    if (when) drains.set(shard, startDrain(when, now));
    else drains.delete(shard);
    return drains;
  }

  setShardDrains(drains: ReadonlyMap<number, Drain>): void {
    this.#save({ shardDrains: [...drains] });
  }

  /** Closes what drains until after hours. True when something was closed by it. */
  lookAtHours(isOpen: { broker: boolean; shard: (shard: number) => boolean }): boolean {
    const { brokerDrain, shardDrains } = this.#stored;
    const broker = brokerDrain && lookAtHours(brokerDrain, isOpen.broker);
    const shards = shardDrains.map(([number, drain]): [number, Drain] => [
      number,
      lookAtHours(drain, isOpen.shard(number)),
    ]);
    const isChanged =
      broker !== brokerDrain || shards.some(([, drain], at) => drain !== shardDrains[at]?.[1]);
    if (isChanged) this.#save({ brokerDrain: broker, shardDrains: shards });
    return isChanged;
  }

  /** Takes a lesson; false when it taught nothing. */
  learn(lesson: LearnedLimit): boolean {
    const learned = learn(this.#configured, this.#stored.learned, lesson);
    if (learned) this.#save({ learned });
    return learned !== null;
  }

  forgetLearned(): void {
    this.#save({ learned: [] });
  }

  get view(): Pick<
    BrokerView,
    "shardCount" | "limits" | "configuredLimits" | "learnedLimits" | "weights" | "draining"
  > {
    return {
      shardCount: this.shards,
      limits: this.limits,
      configuredLimits: this.#configured,
      learnedLimits: this.#stored.learned,
      weights: Object.fromEntries(this.#stored.weights),
      draining: this.#stored.brokerDrain,
    };
  }

  #save(changes: Partial<Stored>): void {
    this.#stored = { ...this.#stored, ...changes };
    this.#storage.saveNote(NOTE, this.#stored);
  }
}
