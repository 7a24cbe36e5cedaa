/** How good the market data is, instrument by instrument, and the rules it is judged by, as they cross the API. */
import { z } from "zod";
import { CLEANING_DEFAULTS, CLEANING_RULES } from "../domain/cleaning.ts";
import { FEED_MODES } from "../domain/tick.ts";
import { BOOK_FAULTS } from "../domain/order-book/order-book.ts";
import { FRESHNESS } from "../domain/freshness.ts";
import { instrumentId, pageQuery, timestamp } from "./primitives.ts";

export { CLEANING_RULES };

/** A band of 100 lets a price grow a hundredfold: wider is the rule switched off. */
const SPIKE_BAND_MAX = 100;

/** An hour: a clock further off belongs to another time zone, and that is a broker's parser to mend. */
const CLOCK_SKEW_MS_MAX = 3_600_000;

/** Rules that are left out keep their default. */
export const cleaningRequest = z.strictObject({
  /** Rules that drop nothing. */
  off: z.array(z.enum(CLEANING_RULES)).max(CLEANING_RULES.length).default([]),
  /** Of the last good price: 0.2 is a fifth. */
  spikeBand: z.number().positive().max(SPIKE_BAND_MAX).default(CLEANING_DEFAULTS.spikeBand),
  clockSkewMs: z
    .number()
    .int()
    .min(0)
    .max(CLOCK_SKEW_MS_MAX)
    .default(CLEANING_DEFAULTS.clockSkewMs),
});

/** What a caller may send. */
export type CleaningRequest = z.input<typeof cleaningRequest>;

export const cleaningView = z.object({
  instrument: z.string(),
  provider: z.string(),
  off: z.array(z.enum(CLEANING_RULES)),
  spikeBand: z.number(),
  clockSkewMs: z.number(),
  /** False once somebody has set it. */
  isDefault: z.boolean(),
});

export type CleaningView = z.infer<typeof cleaningView>;

/** `invalid_book`: the order book is broken and a fresh one is asked for; the rest of the data may be good. */
export const QUALITY_STATES = [...FRESHNESS, "invalid_book"] as const;

export type QualityState = (typeof QUALITY_STATES)[number];

const count = z.number().int();

export const qualityView = z.object({
  instrument: z.string(),
  provider: z.string(),
  shard: z.string(),
  mode: z.enum(FEED_MODES),
  state: z.enum(QUALITY_STATES),
  /** When the exchange saw the last news, by our clock, and how long ago; where it gives no time, when that came. */
  lastTickAt: timestamp.nullable(),
  ageMs: z.number().nullable(),
  /** What the exchange's clock said of it. */
  exchangeTime: timestamp.nullable(),
  /** Usual time between two updates, learned; and the age beyond which the instrument is stale. */
  intervalMs: z.number().nullable(),
  staleAfterMs: z.number(),
  ticks: count,
  /** Updates not passed on, by rule. */
  dropped: z.record(z.enum(CLEANING_RULES), count),
  /** A spike that the next update decides over. */
  isSpikeWaiting: z.boolean(),
  /** Times in which ticks may be missing. */
  gaps: count,
  /** Null unless the instrument is subscribed with its book. */
  book: z
    .object({
      state: z.enum(["waiting", "valid", "invalid"]),
      resyncs: count,
      faults: z.record(z.enum(BOOK_FAULTS), count),
      bids: count,
      asks: count,
    })
    .nullable(),
  /** Our clock less the provider's, ms, the quickest way included; null where it states no time. */
  clockOffsetMs: z.number().nullable(),
});

export type QualityView = z.infer<typeof qualityView>;

export const qualityQuery = pageQuery.extend({
  provider: z.string().max(32).optional(),
  instrument: instrumentId.optional(),
  state: z.enum(QUALITY_STATES).optional(),
});
