/**
 * Reads Kraken's order books (https://docs.kraken.com/api/docs/websocket-v2/book) and checks them
 * (https://docs.kraken.com/api/docs/guides/spot-ws-book-v2). Total and pure. Its checksum is taken over the
 * text of the numbers as Kraken wrote them: zeros at the end count, so a number alone is not enough.
 */
import { z } from "zod";
import { crc32 } from "../../domain/crc32.ts";
import type { BookLevel, BookMessage } from "../../domain/order-book/message.ts";
import { err, ok } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import type { ParseFailure } from "../broker.ts";

/** Characters of a bad frame that are kept for the log. */
const SAMPLE_LENGTH = 120;

const LEVELS_CHECKED = 10;

/** A number as its text; without an exponent, which Kraken never writes. */
const numberText = z.string().regex(/^-?\d+(\.\d+)?$/);

const levels = z.array(z.object({ price: numberText, qty: numberText })).default([]);

const bookFrame = z.object({
  channel: z.literal("book"),
  type: z.enum(["snapshot", "update"]),
  data: z.array(
    z.object({
      symbol: z.string().min(1),
      bids: levels,
      asks: levels,
      checksum: numberText,
      timestamp: z.iso.datetime({ offset: true }).optional(),
    }),
  ),
});

/** The types know nothing of the source text yet (ECMAScript 2026). */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

const levelOf = ({ price, qty }: { price: string; qty: string }): BookLevel => ({
  price: Number(price),
  quantity: Number(qty),
  priceText: price,
  quantityText: qty,
});

/** A frame of the channel `book`. */
export function parseBookFrame(text: string): Result<BookMessage[], ParseFailure> {
  const failed = (kind: ParseFailure["kind"], reason: string) =>
    err({ kind, reason, sample: text.slice(0, SAMPLE_LENGTH) });
  let json: unknown;
  try {
    json = parseWithSource(text, (_, value, { source }) =>
      typeof value === "number" ? source : value,
    );
  } catch {
    return failed("malformed", "not JSON");
  }
  const parsed = bookFrame.safeParse(json);
  if (!parsed.success) return failed("unknown_shape", "not an order book");
  const { type, data } = parsed.data;
  return ok(
    data.map(({ symbol, bids, asks, checksum, timestamp }) => ({
      kind: type === "snapshot" ? "snapshot" : "delta",
      instrument: `KRAKEN:${symbol}`,
      bids: bids.map(levelOf),
      asks: asks.map(levelOf),
      first: null,
      last: null,
      checksum: Number(checksum),
      exchangeTime: timestamp === undefined ? null : Date.parse(timestamp),
    })),
  );
}

const digits = (text: string): string => text.replace(".", "").replace(/^0+/, "");

const sideText = (side: readonly BookLevel[]): string =>
  side
    .slice(0, LEVELS_CHECKED)
    .map(({ priceText, quantityText }) => digits(priceText) + digits(quantityText))
    .join("");

/** CRC-32 over the ten best asks, lowest first, then the ten best bids, highest first. */
export const krakenChecksum = (bids: readonly BookLevel[], asks: readonly BookLevel[]): number =>
  crc32(sideText(asks) + sideText(bids));
