/** The channel `candles` of the stream: what an algo asks for, and the bars it gets. */
import { z } from "zod";
import { CANDLE_INTERVALS } from "../domain/candle.ts";
import { STREAM_HISTORY_BARS_MAX } from "../domain/limits.ts";
import { candleView } from "./market.ts";
import { instrumentIds, requestId } from "./primitives.ts";

export { STREAM_HISTORY_BARS_MAX } from "../domain/limits.ts";
export { STREAM_REQUEST_BARS_MAX, STREAM_REQUESTS_PENDING_MAX } from "../domain/market-limits.ts";

/** The bars of one interval; a socket may have several intervals of an instrument. */
export const subscribeCandles = z.strictObject({
  op: z.literal("subscribe"),
  channel: z.literal("candles"),
  instruments: instrumentIds,
  interval: z.enum(CANDLE_INTERVALS),
  /** Bars to send before the live ones. */
  history: z.number().int().min(1).max(STREAM_HISTORY_BARS_MAX).optional(),
  requestId,
});

export const unsubscribeCandles = z.strictObject({
  op: z.literal("unsubscribe"),
  channel: z.literal("candles"),
  instruments: instrumentIds,
  interval: z.enum(CANDLE_INTERVALS),
  requestId,
});

/**
 * A bar of the channel `candles`: the one under way (`closed: false`, at most one update a second), and
 * each once more when it has closed. A closed bar that comes again replaces the one before; its mark says
 * why. A bar is known by instrument, interval and time.
 */
export const candle = z.object({
  type: z.literal("candle"),
  instrument: z.string(),
  interval: z.enum(CANDLE_INTERVALS),
  closed: z.boolean(),
  /** Whose trades came last into it. */
  provider: z.string(),
  candle: candleView,
});
