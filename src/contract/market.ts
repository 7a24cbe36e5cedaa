/** Instruments, quotes and candles as they cross the API. */
import { z } from "zod";
import { CANDLE_INTERVALS } from "../domain/candle.ts";
import { CANDLE_MARKS } from "../domain/candle-join.ts";
import { FRESHNESS } from "../domain/freshness.ts";
import { CANDLES_PER_CALL_MAX } from "../domain/limits.ts";
import {
  decimalOutput,
  instrumentId,
  instrumentIdsQuery,
  pageQuery,
  timestamp,
  timestampQuery,
} from "./primitives.ts";

// Clients fold their live bar with the same function as the platform, so that both show one candle.
export {
  CANDLE_INTERVALS,
  CANDLE_INTERVAL_MS,
  candleStart,
  foldCandle,
  type Candle,
  type CandleInterval,
} from "../domain/candle.ts";

export { addExactly } from "../domain/exact-sum.ts";

export type InstrumentView = z.infer<typeof instrumentView>;

export const instrumentView = z.object({
  id: z.string(),
  exchange: z.string(),
  symbol: z.string(),
  name: z.string(),
  kind: z.enum(["equity", "future", "option", "crypto", "index", "currency"]),
  currency: z.string(),
  tickSize: decimalOutput,
  lotSize: decimalOutput,
  minQuantity: decimalOutput,
  maxQuantity: decimalOutput,
  tradable: z.boolean(),
  calendar: z.string(),
});

export const instrumentsQuery = pageQuery.extend({
  broker: z.string().max(32).optional(),
  exchange: z.string().max(16).optional(),
  /** Part of id or name, any case. */
  search: z.string().max(60).optional(),
});

/** Price and quantity of one level of a book. */
const depthLevel = z.tuple([z.number(), z.number()]);

export const depthView = z.object({ bids: z.array(depthLevel), asks: z.array(depthLevel) });

/** The normalised tick as the plain stream and `/v1/quotes` give it. A field nobody gave is null, never 0. */
export const tickView = z.object({
  instrument: z.string(),
  last: z.number().nullable(),
  lastQuantity: z.number().nullable(),
  bid: z.number().nullable(),
  bidQuantity: z.number().nullable(),
  ask: z.number().nullable(),
  askQuantity: z.number().nullable(),
  volume: z.number().nullable(),
  /** Contracts not closed yet, in the unit of `volume`; only where the provider gives it. */
  openInterest: z.number().nonnegative().optional(),
  exchangeTime: timestamp.nullable(),
  receivedTime: timestamp,
  provider: z.string(),
  epoch: z.number().int(),
  seq: z.number().int(),
  late: z.boolean(),
  /** Levels of the book, best first; only where `depth` was asked for and the broker gives them. */
  depth: depthView.optional(),
  /** In answers only, not on the stream: `stale` is older than the instrument's data usually gets. */
  freshness: z.enum(FRESHNESS).optional(),
  /** In answers only: when the exchange saw the last news of it, by our clock; null when nobody knows. */
  observedAt: timestamp.nullable().optional(),
});

export type TickView = z.infer<typeof tickView>;

export const quotesQuery = z.strictObject({ instruments: instrumentIdsQuery });

export const quotesView = z.object({
  items: z.array(tickView),
  /** Known instruments nobody has seen a tick of yet. */
  missing: z.array(z.string()),
});

export const candleView = z.object({
  time: timestamp,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  /**
   * `amended`: changed by a late trade after it had closed. `late`: ticks were missing, and the broker's
   * history filled it in. `partial`: ticks were missing, and the broker gave neither bar nor trades. Null, or absent on a
   * bar that comes straight from a broker: nothing to say.
   */
  mark: z.enum(CANDLE_MARKS).nullable().optional(),
});

export const candlesQuery = z
  .strictObject({
    instrument: instrumentId,
    interval: z.enum(CANDLE_INTERVALS),
    from: timestampQuery,
    to: timestampQuery,
  })
  .refine((query) => query.from < query.to, { path: ["from"], message: "must be before to" });

export const candlesView = z.object({
  instrument: z.string(),
  interval: z.enum(CANDLE_INTERVALS),
  items: z.array(candleView).max(CANDLES_PER_CALL_MAX),
});
