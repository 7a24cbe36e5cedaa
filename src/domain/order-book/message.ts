/** What a broker's parser gives of an order book: whole books and changes to them. Pure data. */
import type { InstrumentId } from "../instrument.ts";

/** One price of one side. The texts are the broker's own, because checksums are taken over them. */
export interface BookLevel {
  price: number;
  /** 0 takes the level away. */
  quantity: number;
  priceText: string;
  quantityText: string;
}

export interface BookMessage {
  kind: "snapshot" | "delta";
  instrument: InstrumentId;
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
  /**
   * Numbers of the first and last change that it holds; a snapshot's `last` is the change it stands
   * after. Null where the broker numbers nothing.
   */
  first: number | null;
  last: number | null;
  /** Of the book after this message; null where the broker gives none. */
  checksum: number | null;
  /** The exchange's clock, ms since 1970; null when the broker gives none. */
  exchangeTime: number | null;
}

/** A broker's checksum over the best levels of both sides, best first. */
export type BookChecksum = (bids: readonly BookLevel[], asks: readonly BookLevel[]) => number;
