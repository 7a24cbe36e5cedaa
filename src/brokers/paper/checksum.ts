/** The paper exchange's checksum of a book: CRC-32 of its ten best asks, then bids, as they are written on the wire. Pure. */
import { crc32 } from "../../domain/crc32.ts";
import type { BookLevel } from "../../domain/order-book/message.ts";

const LEVELS_CHECKED = 10;

type Texts = Pick<BookLevel, "priceText" | "quantityText">;

const text = (levels: readonly Texts[]): string =>
  levels
    .slice(0, LEVELS_CHECKED)
    .map(({ priceText, quantityText }) => `${priceText}:${quantityText}`)
    .join(",");

export const paperChecksum = (bids: readonly Texts[], asks: readonly Texts[]): number =>
  crc32(`${text(asks)}|${text(bids)}`);
