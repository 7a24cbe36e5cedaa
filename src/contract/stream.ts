/**
 * The algo's end of the stream, `WS /v1/stream`. Plain frames are the default and are meant to be
 * read by a person; the compact ones (`?format=compact`) are what the SDK uses.
 */
import { z } from "zod";
import { CANDLE_INTERVALS } from "../domain/candle.ts";
import { STREAM_HISTORY_BARS_MAX } from "../domain/limits.ts";
import { FEED_MODES } from "../domain/tick.ts";
import { ERROR_CODES } from "./errors.ts";
import { candleView, depthView, tickView } from "./market.ts";
import { DRAIN_CLOSES } from "./markets.ts";
import { orderView } from "./orders.ts";
import { instrumentIds, requestId } from "./primitives.ts";
import { riskChannelView } from "./risk-channel.ts";
import { signalTopic, signalTopics, signalValue, signalView } from "./signals.ts";
import { candle, subscribeCandles, unsubscribeCandles } from "./stream-candles.ts";

// Clients come back with the same pauses as the platform's own lines.
export { backoffDelay } from "../domain/backoff.ts";
export { CLOSE_KEY_REVOKED, CLOSE_MOVED } from "../domain/market-limits.ts";

export type { FeedMode } from "../domain/tick.ts";

export const STREAM_CHANNELS = ["ticks", "candles", "orders", "risk", "signals", "status"] as const;

export type StreamChannel = (typeof STREAM_CHANNELS)[number];

const subscribeTicks = z.strictObject({
  op: z.literal("subscribe"),
  channel: z.literal("ticks"),
  instruments: instrumentIds,
  /** Bars to send before the first live tick. */
  history: z.number().int().min(1).max(STREAM_HISTORY_BARS_MAX).optional(),
  interval: z.enum(CANDLE_INTERVALS).optional(),
  /**
   * How much of each instrument: `ltp` the last trade alone, its book fields null; `quote` (the
   * default) best bid and ask too; `depth` levels of the book too. Asking again changes it.
   */
  mode: z.enum(FEED_MODES).optional(),
  requestId,
});

const subscribeOrders = z.strictObject({
  op: z.literal("subscribe"),
  channel: z.literal("orders"),
  /** The last `version` seen: the order events after it come first. */
  since: z.number().int().nonnegative().optional(),
  requestId,
});

const subscribeSignals = z.strictObject({
  op: z.literal("subscribe"),
  channel: z.literal("signals"),
  topics: signalTopics,
  requestId,
});

const subscribeChannel = z.strictObject({
  op: z.literal("subscribe"),
  channel: z.enum(["risk", "status"]),
  requestId,
});

const unsubscribeTicks = z.strictObject({
  op: z.literal("unsubscribe"),
  channel: z.literal("ticks"),
  instruments: instrumentIds,
  requestId,
});

const unsubscribeSignals = z.strictObject({
  op: z.literal("unsubscribe"),
  channel: z.literal("signals"),
  topics: signalTopics,
  requestId,
});

const unsubscribeChannel = z.strictObject({
  op: z.literal("unsubscribe"),
  channel: z.enum(["orders", "risk", "status"]),
  requestId,
});

/** What an algo may send. */
export const streamRequest = z.union([
  subscribeTicks,
  subscribeCandles,
  subscribeOrders,
  subscribeSignals,
  subscribeChannel,
  unsubscribeTicks,
  unsubscribeCandles,
  unsubscribeSignals,
  unsubscribeChannel,
  /** Needs the scope `trade`. */
  z.strictObject({ op: z.literal("publish"), topic: signalTopic, value: signalValue, requestId }),
  z.strictObject({ op: z.literal("ping"), requestId }),
  /** Credits: the highest `seq` of a ticks frame the algo has worked through. */
  z.strictObject({ op: z.literal("ack"), seq: z.number().int().nonnegative() }),
]);

export type StreamRequest = z.infer<typeof streamRequest>;

/**
 * Numbers of this socket's tick frames. `seq` is one more with each live frame of an `epoch`; a
 * snapshot frame carries the number of the frame before it and does not count. `subscribed`,
 * `unsubscribed` and `lagging` name a new base: the next live frame has their `seq` + 1. `epoch` rises
 * when the market that serves the socket was rebuilt; its frames then start at 1. Any other step is
 * a hole, and a hole means: subscribe again, a snapshot follows.
 */
const position = { epoch: z.number().int(), seq: z.number().int() };

/** First frame of a socket. */
const welcome = z.object({
  type: z.literal("welcome"),
  market: z.string(),
  format: z.enum(["plain", "compact"]),
  algoId: z.string().nullable(),
  time: z.number(),
});

/** `seq` is that of the last ticks frame before this list: the next one is `seq + 1`. */
const subscribed = z.object({
  type: z.literal("subscribed"),
  channel: z.enum(STREAM_CHANNELS),
  ...position,
  /** `live`: confirmed upstream or ticking. `pending`: asked for; `live` or `alarm` follows as `status`. */
  instruments: z
    .array(z.object({ instrument: z.string(), state: z.enum(["pending", "live"]) }))
    .default([]),
  /** Compact format only: the integer that stands for each instrument on this socket. */
  aliases: z.record(z.string(), z.number().int()).optional(),
  /** Channel `candles` only. */
  interval: z.enum(CANDLE_INTERVALS).optional(),
  /** Channel `signals` only: the topics that this socket now has. */
  topics: z.array(z.string()).optional(),
  /** Channel `orders` only: the ledger's version; what comes from here on is after it. */
  version: z.number().int().optional(),
  /** Channel `orders` only: false when more was missed than is sent at once: read `/v1/orders`. */
  complete: z.boolean().optional(),
  requestId: z.string().optional(),
});

const unsubscribed = z.object({
  type: z.literal("unsubscribed"),
  channel: z.enum(STREAM_CHANNELS),
  ...position,
  instruments: z.array(z.string()).default([]),
  interval: z.enum(CANDLE_INTERVALS).optional(),
  topics: z.array(z.string()).optional(),
  requestId: z.string().optional(),
});

/** Sent on subscribe (`snapshot: true`, last known ticks) and live. */
const ticks = z.object({
  type: z.literal("ticks"),
  ...position,
  snapshot: z.boolean().optional(),
  ticks: z.array(tickView),
});

/**
 * Compact ticks: each row is
 * `[alias, last, lastQuantity, bid, bidQuantity, ask, askQuantity, volume, exchangeTime, receivedTime, epoch, seq, late, provider]`
 * with `late` 0 or 1. Two more columns come where there are such: a number, the open interest, and in mode
 * `depth` an object, the levels. `s` is 1 for a snapshot.
 */
const compactTicks = z.object({
  type: z.literal("t"),
  ...position,
  s: z.literal(1).optional(),
  t: z.array(z.array(z.union([z.number(), z.string(), z.null(), depthView]))),
});

/** History that a subscribe asked for; one frame for each instrument, before its live ticks. */
const history = z.object({
  type: z.literal("history"),
  /** Left out for `ticks`. */
  channel: z.literal("candles").optional(),
  instrument: z.string(),
  interval: z.enum(CANDLE_INTERVALS),
  candles: z.array(candleView),
  /** Nobody asked for it: the exchange's clock was set back, and all bars told before are of another time. */
  restarted: z.literal(true).optional(),
});

/**
 * Ticks may be missing between these times. It is told at once, and again with `filled` when the broker's
 * history was asked for that time.
 */
const gap = z.object({
  type: z.literal("gap"),
  instruments: z.array(z.string()),
  /** ms since 1970: the last frame before, and the reconnect. */
  from: z.number(),
  to: z.number(),
  provider: z.string(),
  reason: z.string(),
  /** False when the broker's history could not be had; `reason` says why, and why there are bars alone. */
  filled: z.boolean().optional(),
  /** `ticks`: every trade of it was told, as ticks with `late`; `bars`: only its bars are known. */
  filledWith: z.enum(["ticks", "bars"]).optional(),
  /** With `ticks`: how many there were. */
  lateTicks: z.number().int().nonnegative().optional(),
  /** When it was filled: the minutes of the gap, marked `late`, of the one instrument named. */
  candles: z.array(candleView).optional(),
});

/** Ticks are being conflated to the latest per instrument (`on`), or no longer. */
const lagging = z.object({
  type: z.literal("lagging"),
  ...position,
  on: z.boolean(),
  bufferedBytes: z.number(),
});

const orderFrame = z.object({
  type: z.literal("order"),
  /** The ledger's version: rises strictly. What is not above the last one seen was seen before. */
  version: z.number().int(),
  order: orderView,
});

const riskFrame = z.object({
  type: z.literal("risk"),
  version: z.number().int(),
  risk: riskChannelView,
});

/** A value of a topic: the last one on subscribing, then every new one. */
const signal = z.object({ type: z.literal("signal"), ...signalView.shape });

const published = z.object({
  type: z.literal("published"),
  topic: z.string(),
  seq: z.number().int(),
  requestId: z.string().optional(),
});

/**
 * The market that serves this socket is being emptied. The socket is closed with 4010, now or after
 * hours: open it again at once, it will be placed elsewhere.
 */
const draining = z.object({
  type: z.literal("draining"),
  market: z.string(),
  close: z.enum(DRAIN_CLOSES),
  message: z.string(),
});

/** State of instruments or of the feed. */
const status = z.object({
  type: z.literal("status"),
  subject: z.enum(["instrument", "feed"]),
  instruments: z.array(z.string()).default([]),
  state: z.enum(["live", "alarm", "connected", "disconnected", "stale", "switched"]),
  message: z.string(),
});

const pong = z.object({
  type: z.literal("pong"),
  time: z.number(),
  requestId: z.string().optional(),
});

const error = z.object({
  type: z.literal("error"),
  code: z.enum(ERROR_CODES),
  message: z.string(),
  instruments: z.array(z.string()).optional(),
  requestId: z.string().optional(),
});

/** What the server may send. */
export const streamMessage = z.discriminatedUnion("type", [
  welcome,
  subscribed,
  unsubscribed,
  ticks,
  compactTicks,
  history,
  candle,
  gap,
  lagging,
  orderFrame,
  riskFrame,
  signal,
  published,
  draining,
  status,
  pong,
  error,
]);

export type StreamMessage = z.infer<typeof streamMessage>;

/** Subprotocol of the socket; a browser adds its key as a second one, `bearer.<key>`. */
export const STREAM_SUBPROTOCOL = "trunkline.v1";

export const BEARER_SUBPROTOCOL_PREFIX = "bearer.";
