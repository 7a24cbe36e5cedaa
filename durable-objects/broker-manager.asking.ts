/**
 * What consumers and the operator ask for: kept when all of it is known and there is room for it, refused
 * whole otherwise. A ledger's list is kept instrument by instrument: what it holds is held whether the
 * broker knows it or not, and the marks of the rest are what its loss limits see by.
 */
import type { ConsumerId, FeedWish } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import type { InstrumentMaster } from "./broker-manager.master.ts";
import type { Room } from "./broker-manager.room.ts";
import type { Wishes } from "./broker-manager.wishes.ts";

/** Pins answer the refusal, or null when they are kept; a declaration answers what of it is kept. */
export class Asking {
  readonly #master: InstrumentMaster;
  readonly #wishes: Wishes;
  readonly #room: Room;

  constructor(master: InstrumentMaster, wishes: Wishes, room: Room) {
    this.#master = master;
    this.#wishes = wishes;
    this.#room = room;
  }

  async declare(
    consumer: ConsumerId,
    wishes: FeedWish[],
  ): Promise<Result<InstrumentId[], ApiError>> {
    const unknown = await this.#master.refuseUnknown(wishes.map(({ instrument }) => instrument));
    const refusal = unknown ?? this.#refuseList(consumer, wishes);
    // A list of instruments that could not be read says nothing of any of them.
    if (refusal && (!isLedger(consumer) || refusal.code === "BROKER_UNAVAILABLE"))
      return err(refusal);
    const kept = refusal ? await this.#eachKept(consumer, wishes) : wishes;
    this.#wishes.set(consumer, kept);
    return ok(kept.map(({ instrument }) => instrument));
  }

  #refuseList(consumer: ConsumerId, wishes: FeedWish[]): ApiError | null {
    return this.#room.refuseWanted(this.#wishes.allWith(consumer, wishes), this.#wishes.all);
  }

  /** What is wanted already comes first, so that something new takes no place of it. */
  async #eachKept(consumer: ConsumerId, wishes: FeedWish[]): Promise<FeedWish[]> {
    const [known, wanted] = [await this.#master.have(), this.#wishes.all];
    const asked = wishes.filter(({ instrument }) => known.has(instrument));
    const kept = asked.filter(({ instrument }) => wanted.has(instrument));
    for (const wish of asked)
      if (!wanted.has(wish.instrument) && !this.#refuseList(consumer, [...kept, wish]))
        kept.push(wish);
    return kept;
  }

  async pin(instruments: readonly InstrumentId[]): Promise<ApiError | null> {
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return unknown;
    const pins = new Set([...this.#wishes.pins, ...instruments]);
    const refusal = this.#room.refuseWanted(this.#wishes.allPinned(pins), this.#wishes.all);
    if (!refusal) this.#wishes.setPins(pins);
    return refusal;
  }

  async unpin(instruments: readonly InstrumentId[]): Promise<ApiError | null> {
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return unknown;
    const gone = new Set(instruments);
    this.#wishes.setPins(new Set([...this.#wishes.pins].filter((pinned) => !gone.has(pinned))));
    return null;
  }
}

const isLedger = (consumer: ConsumerId): boolean => consumer.startsWith("ledger:");
