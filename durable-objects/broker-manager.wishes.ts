/** Who wants what of a broker: each consumer's whole list, and what the operator pinned. Durable, and counted by reference. */
import type { ConsumerId, FeedWish, InstrumentConsumer } from "../src/application/ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { type FeedMode, higherMode } from "../src/domain/tick.ts";
import type { BrokerManagerStorage } from "./broker-manager.storage.ts";

/** What is wanted of an instrument by all together. */
export interface Wanted {
  mode: FeedMode;
  consumers: InstrumentConsumer[];
  /** Its numbers must be above this epoch: a consumer has seen that from another provider. */
  above: number;
}

/** Everybody's wishes together: the highest mode asked for, and who asks. A pin is nobody's. */
function unionOf(
  wishes: ReadonlyMap<ConsumerId, readonly FeedWish[]>,
  pins: ReadonlySet<InstrumentId>,
): Map<InstrumentId, Wanted> {
  const wanted = new Map<InstrumentId, Wanted>();
  for (const instrument of pins) wanted.set(instrument, { mode: "quote", consumers: [], above: 0 });
  for (const [consumer, list] of wishes) {
    for (const { instrument, mode, above = 0 } of list) {
      const entry = wanted.get(instrument) ?? { mode, consumers: [], above: 0 };
      const known = entry.consumers.find(({ id }) => id === consumer);
      // Who only waits in standby is sent nothing.
      const isSent = !consumer.startsWith("standby:");
      if (known) known.mode = higherMode(known.mode, mode);
      else if (isSent) entry.consumers.push({ id: consumer, mode });
      wanted.set(instrument, {
        consumers: entry.consumers,
        mode: higherMode(entry.mode, mode),
        above: Math.max(entry.above, above),
      });
    }
  }
  return wanted;
}

export class Wishes {
  readonly #storage: BrokerManagerStorage;
  readonly #lists: Map<ConsumerId, FeedWish[]>;
  #pins: Set<InstrumentId>;

  constructor(storage: BrokerManagerStorage) {
    this.#storage = storage;
    this.#lists = storage.wishes();
    this.#pins = storage.pins();
  }

  get pins(): ReadonlySet<InstrumentId> {
    return this.#pins;
  }

  /** Everything that anybody wants. */
  get all(): Map<InstrumentId, Wanted> {
    return unionOf(this.#lists, this.#pins);
  }

  /** What a consumer wants now. */
  heldBy(consumer: ConsumerId): Set<InstrumentId> {
    return new Set(this.#lists.get(consumer)?.map(({ instrument }) => instrument));
  }

  /** Those of them that somebody wants. */
  wantedOf(instruments: readonly InstrumentId[]): InstrumentId[] {
    const wanted = this.all;
    return instruments.filter((instrument) => wanted.has(instrument));
  }

  /** How many somebody gets or has pinned: what only waits in standby is not counted. */
  get count(): number {
    const given = [...this.#lists].filter(([consumer]) => !consumer.startsWith("standby:"));
    return unionOf(new Map(given), this.#pins).size;
  }

  /** The same with this list of this consumer, not yet taken. */
  allWith(consumer: ConsumerId, wishes: FeedWish[]): Map<InstrumentId, Wanted> {
    return unionOf(new Map(this.#lists).set(consumer, wishes), this.#pins);
  }

  allPinned(pins: ReadonlySet<InstrumentId>): Map<InstrumentId, Wanted> {
    return unionOf(this.#lists, pins);
  }

  set(consumer: ConsumerId, wishes: FeedWish[]): void {
    if (wishes.length > 0) this.#lists.set(consumer, wishes);
    else this.#lists.delete(consumer);
    this.#storage.saveWishes(consumer, wishes);
  }

  setPins(pins: Set<InstrumentId>): void {
    this.#pins = pins;
    this.#storage.savePins(pins);
  }
}
