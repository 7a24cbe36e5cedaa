/** What consumers and the operator ask for: kept when all of it is known and there is room for it, refused whole otherwise. */
import type { ConsumerId, FeedWish } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { InstrumentMaster } from "./broker-manager.master.ts";
import type { Room } from "./broker-manager.room.ts";
import type { Wishes } from "./broker-manager.wishes.ts";

/** Each answers the refusal, or null when it is kept. */
export class Asking {
  readonly #master: InstrumentMaster;
  readonly #wishes: Wishes;
  readonly #room: Room;

  constructor(master: InstrumentMaster, wishes: Wishes, room: Room) {
    this.#master = master;
    this.#wishes = wishes;
    this.#room = room;
  }

  async declare(consumer: ConsumerId, wishes: FeedWish[]): Promise<ApiError | null> {
    const unknown = await this.#master.refuseUnknown(wishes.map(({ instrument }) => instrument));
    if (unknown) return unknown;
    const next = this.#wishes.allWith(consumer, wishes);
    const refusal = this.#room.refuseWanted(next, this.#wishes.all);
    if (!refusal) this.#wishes.set(consumer, wishes);
    return refusal;
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
