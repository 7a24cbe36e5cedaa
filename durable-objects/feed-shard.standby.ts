/**
 * What a second socket of a shard brings while the first one still delivers: kept as it came, not judged
 * yet, so that the same judge goes on with it. The place at which it goes on is found as between shards.
 */
import { handOverPlace, resumeAfter } from "../src/domain/hand-over.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { BookMessage } from "../src/domain/order-book/message.ts";
import { OrderBook, type BookTerms } from "../src/domain/order-book/order-book.ts";
import type { MarketUpdate } from "../src/domain/tick.ts";
import { type HeldInstrument, type KeptUpdate, keepForHandOver, lose } from "./feed-shard.held.ts";

export class Standby {
  readonly #kept = new Map<InstrumentId, KeptUpdate[]>();
  readonly books = new Map<InstrumentId, OrderBook>();
  readonly #held: ReadonlyMap<InstrumentId, HeldInstrument>;
  readonly #bookTerms: BookTerms;

  constructor(held: ReadonlyMap<InstrumentId, HeldInstrument>, bookTerms: BookTerms) {
    this.#held = held;
    this.#bookTerms = bookTerms;
  }

  take(update: MarketUpdate, receivedTime: number): void {
    const { instrument } = update;
    if (!this.#held.has(instrument)) return;
    const depth = this.books.get(instrument)?.depth();
    if (depth) update.depth = depth;
    const kept = this.#kept.get(instrument) ?? [];
    keepForHandOver(kept, { update, receivedTime });
    this.#kept.set(instrument, kept);
  }

  /** What has ticked on this socket. */
  get ticking(): InstrumentId[] {
    return [...this.#kept.keys()];
  }

  /** What is to be taken of this socket's updates now that it goes on; what it brings next may still be old. */
  rest(held: HeldInstrument): KeptUpdate[] {
    const kept = this.#kept.get(held.instrument) ?? [];
    held.resumesAfter = null;
    if (held.taken === null) return kept;
    const { deliver, reached } = resumeAfter(
      held.taken,
      kept.map(({ update }) => update),
    );
    if (!reached) held.resumesAfter = held.taken;
    return kept.slice(kept.length - deliver.length);
  }

  takeBooks(messages: readonly BookMessage[], now: number): void {
    for (const message of messages) {
      const { instrument } = message;
      if (!this.#held.get(instrument)?.orderBook) continue;
      const book = this.books.get(instrument) ?? new OrderBook(this.#bookTerms);
      this.books.set(instrument, book);
      book.take(message, now);
    }
  }

  /** The socket was lost: what it brought has a hole now. */
  clear(): void {
    this.#kept.clear();
    this.books.clear();
  }

  /** Whether the first socket has brought all that came before this one began: nothing is lost without it. */
  get hasOverlap(): boolean {
    for (const [instrument, { orderBook }] of this.#held)
      if (orderBook?.state === "valid" && this.books.get(instrument)?.state !== "valid")
        return false;
    return this.behind.length === 0;
  }

  /** Those of which the first socket has not brought all that came before this one began. */
  get behind(): HeldInstrument[] {
    return [...this.#kept].flatMap(([instrument, [first]]) => {
      const held = this.#held.get(instrument);
      if (!held?.taken || !first) return [];
      return handOverPlace(first.update, held.taken) === "before" ? [held] : [];
    });
  }

  /** It goes on without all of it: what the first socket still had to bring is lost. Answers what was told from here. */
  giveUp(now: number): HeldInstrument[] {
    const { behind } = this;
    // The line lagged: what is missing begins when the exchange saw its last, not when that arrived.
    for (const held of behind) lose(held, held.cadence.at ?? now);
    return behind;
  }
}

/** Whether an update of the socket that goes on was taken from the one before; nothing after this one was. */
export function wasTaken(held: HeldInstrument, update: MarketUpdate): boolean {
  if (held.resumesAfter === null) return false;
  const place = handOverPlace(held.resumesAfter, update);
  if (place !== "before") held.resumesAfter = null;
  return place !== "after";
}
