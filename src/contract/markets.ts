/** Markets, the algos' end of the stream, as they cross the API: how full each is, and how one is emptied. */
import { z } from "zod";
import { MARKET_SOCKETS_MAX } from "../domain/limits.ts";
import { reason, timestamp } from "./primitives.ts";

export const marketName = z.string().regex(/^m[1-9]\d{0,3}$/, "must be a market's name, e.g. m1");

/** `full` and `draining` take no new socket; `drained` has none left and takes none until it is opened again. */
export const MARKET_STATES = ["open", "full", "draining", "drained", "unreachable"] as const;

/** When the sockets of a market that is emptied are closed. */
export const DRAIN_CLOSES = ["now", "after_hours"] as const;

export type DrainClose = (typeof DRAIN_CLOSES)[number];

export const drainView = z.object({
  close: z.enum(DRAIN_CLOSES),
  by: z.string(),
  reason: z.string(),
  since: timestamp,
});

export type DrainView = z.infer<typeof drainView>;

export const marketView = z.object({
  market: z.string(),
  state: z.enum(MARKET_STATES),
  /** Of one that cannot be reached, as it last said; its other figures are 0. */
  sockets: z.number().int(),
  socketsMax: z.number().int(),
  instruments: z.number().int(),
  /** Tick frames handed to sockets, a second. */
  deliveriesPerSecond: z.number(),
  /** Bytes that sockets have not taken yet, as far as the runtime tells. */
  bufferedBytes: z.number().int(),
  /** Sockets whose ticks are conflated to the latest of each instrument. */
  laggingSockets: z.number().int(),
  drain: drainView.nullable(),
});

export type MarketView = z.infer<typeof marketView>;

export const marketsRequest = z.strictObject({
  /** Sockets that a market takes before the next one opens. */
  socketsMax: z.number().int().min(1).max(MARKET_SOCKETS_MAX),
});

export const drainRequest = z.strictObject({
  close: z.enum(DRAIN_CLOSES).default("after_hours"),
  reason,
});
