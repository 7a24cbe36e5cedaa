/**
 * Order books of the seeded market: the quote that orders meet is the best level, and what stands behind
 * it is seeded by its price, so that the same price shows the same quantity again. Pure: time comes in.
 */
import { paperChecksum } from "../checksum.ts";
import { priceText, quantityText } from "../grid.ts";
import { hashText, mix, unit } from "./random.ts";
import type { WalkState } from "./walk.ts";

/** Levels of each side: twice what its checksum covers, so that there is always one to move up. */
export const PAPER_BOOK_LEVELS = 20;

/** One book message as the wire has it: levels as text, best first in a snapshot. */
export interface PaperBookRow {
  kind: "snapshot" | "delta";
  instrument: string;
  /** One more with every delta of an instrument; a snapshot stands after the delta of its number. */
  seq: number;
  bids: [price: string, quantity: string][];
  asks: [price: string, quantity: string][];
  checksum: number;
  time: number;
}

/** Lots by ticks, best first. */
type Side = Map<number, number>;

interface Book {
  seq: number;
  bids: Side;
  asks: Side;
}

const sideOf = ({ terms }: WalkState, best: number, bestLots: number, step: 1 | -1): Side => {
  const side: Side = new Map([[best, bestLots]]);
  for (let level = 1; level < PAPER_BOOK_LEVELS; level += 1) {
    const ticks = best + step * level;
    if (ticks < 1) break;
    const chance = unit(mix(hashText(terms.id), mix(terms.seed, ticks)));
    side.set(ticks, 1 + Math.floor(terms.typicalLots * (0.5 + 3 * chance)));
  }
  return side;
};

/** What turns one side into another: changed levels, and 0 for those that are gone. */
function changes(before: Side, after: Side): Side {
  const changed: Side = new Map();
  for (const [ticks, lots] of after) if (before.get(ticks) !== lots) changed.set(ticks, lots);
  for (const ticks of before.keys()) if (!after.has(ticks)) changed.set(ticks, 0);
  return changed;
}

export class SeededBooks {
  readonly #books = new Map<string, Book>();

  /** The change since the book was last told. */
  change(walk: WalkState, now: number): PaperBookRow {
    const before = this.#of(walk.terms.id);
    const bids = sideOf(walk, walk.bidTicks, walk.bidLots, -1);
    const asks = sideOf(walk, walk.askTicks, walk.askLots, 1);
    const changed = { bids: changes(before.bids, bids), asks: changes(before.asks, asks) };
    const book = { seq: before.seq + 1, bids, asks };
    this.#books.set(walk.terms.id, book);
    return { ...rowOf("delta", walk, book, now), ...textsOf(walk, changed) };
  }

  /** The whole book as it was last told. One that nobody followed moves to where the market is first. */
  snapshot(walk: WalkState, isFollowed: boolean, now: number): PaperBookRow {
    if (!isFollowed) this.change(walk, now);
    return rowOf("snapshot", walk, this.#of(walk.terms.id), now);
  }

  /** A book without a level: a recording tells trades and nothing of what stood beside them. */
  empty(instrument: string, now: number): PaperBookRow {
    const book = { seq: this.#of(instrument).seq + 1, bids: new Map(), asks: new Map() };
    this.#books.set(instrument, book);
    const checksum = paperChecksum([], []);
    return { kind: "snapshot", instrument, seq: book.seq, bids: [], asks: [], checksum, time: now };
  }

  #of(instrument: string): Book {
    return this.#books.get(instrument) ?? { seq: 0, bids: new Map(), asks: new Map() };
  }
}

type Texts = Pick<PaperBookRow, "bids" | "asks">;

function textsOf({ terms: { grid } }: WalkState, sides: Pick<Book, "bids" | "asks">): Texts {
  const texts = (side: Side) =>
    [...side].map(([ticks, lots]): [string, string] => [
      priceText(grid, ticks),
      quantityText(grid, lots),
    ]);
  return { bids: texts(sides.bids), asks: texts(sides.asks) };
}

const named = (side: [string, string][]) =>
  side.map(([price, quantity]) => ({ priceText: price, quantityText: quantity }));

function rowOf(kind: PaperBookRow["kind"], walk: WalkState, book: Book, now: number): PaperBookRow {
  const texts = textsOf(walk, book);
  const checksum = paperChecksum(named(texts.bids), named(texts.asks));
  return { kind, instrument: walk.terms.id, seq: book.seq, ...texts, checksum, time: now };
}

/** Above every price that the seeded market reaches. */
const ABSURD_PRICE = "1000000000";

/** The same row with a bid that stands above every ask. */
export const crossedBook = (row: PaperBookRow): PaperBookRow => ({
  ...row,
  bids: [[ABSURD_PRICE, "1"], ...row.bids],
});
