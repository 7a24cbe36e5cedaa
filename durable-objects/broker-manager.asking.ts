/**
 * What consumers and the operator ask for. What somebody holds he keeps, though the broker's list has lost it
 * since: an option ends, and its holders' other instruments do not. Only what is new is looked up there, and
 * needs room; a ledger's list is kept as far as there is any, for its loss limits see by these marks.
 */
import type { ConsumerId, FeedWish } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import type { InstrumentMaster } from "./broker-manager.master.ts";
import type { Room } from "./broker-manager.room.ts";
import type { Wishes } from "./broker-manager.wishes.ts";

export class Asking {
  readonly #master: InstrumentMaster;
  readonly #wishes: Wishes;
  readonly #room: Room;

  constructor(master: InstrumentMaster, wishes: Wishes, room: Room) {
    this.#master = master;
    this.#wishes = wishes;
    this.#room = room;
  }

  /** Answers what of the list is kept: all but what is new and unknown. Without room for the rest it is refused whole. */
  async declare(
    consumer: ConsumerId,
    wishes: FeedWish[],
  ): Promise<Result<InstrumentId[], ApiError>> {
    const held = this.#wishes.heldBy(consumer);
    const asked = wishes.map(({ instrument }) => instrument);
    const unknown = await this.#master.unknownOf(asked.filter((id) => !held.has(id)));
    if (!unknown.ok) return unknown;
    const strangers = new Set(unknown.value);
    const known = wishes.filter(({ instrument }) => !strangers.has(instrument));
    const refusal = this.#refuseList(consumer, known);
    if (refusal && !isLedger(consumer)) return err(refusal);
    const kept = refusal ? this.#eachKept(consumer, known) : known;
    this.#wishes.set(consumer, kept);
    return ok(kept.map(({ instrument }) => instrument));
  }

  #refuseList(consumer: ConsumerId, wishes: FeedWish[]): ApiError | null {
    return this.#room.refuseWanted(this.#wishes.allWith(consumer, wishes), this.#wishes.all);
  }

  /** What is wanted already comes first, so that something new takes no place of it. */
  #eachKept(consumer: ConsumerId, wishes: FeedWish[]): FeedWish[] {
    const wanted = this.#wishes.all;
    const kept = wishes.filter(({ instrument }) => wanted.has(instrument));
    for (const wish of wishes)
      if (!wanted.has(wish.instrument) && !this.#refuseList(consumer, [...kept, wish]))
        kept.push(wish);
    return kept;
  }

  /** Answers the refusal, or null when they are kept. */
  async pin(instruments: readonly InstrumentId[]): Promise<ApiError | null> {
    const { pins } = this.#wishes;
    const unknown = await this.#master.refuseUnknown(instruments.filter((id) => !pins.has(id)));
    if (unknown) return unknown;
    const all = new Set([...pins, ...instruments]);
    const refusal = this.#room.refuseWanted(this.#wishes.allPinned(all), this.#wishes.all);
    if (!refusal) this.#wishes.setPins(all);
    return refusal;
  }

  /** Never refused: what is not known any more is what there is most reason to let go of. */
  unpin(instruments: readonly InstrumentId[]): void {
    const gone = new Set(instruments);
    this.#wishes.setPins(new Set([...this.#wishes.pins].filter((pinned) => !gone.has(pinned))));
  }
}

const isLedger = (consumer: ConsumerId): boolean => consumer.startsWith("ledger:");
