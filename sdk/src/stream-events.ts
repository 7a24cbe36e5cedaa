/** What the stream tells: each frame of the platform as one event in the SDK's own shape. */
import type { Candle, CandleInterval } from "../../src/contract/market.ts";
import type { OrderView } from "../../src/contract/orders.ts";
import type { RiskChannelView } from "../../src/contract/risk-channel.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import type { StreamMessage } from "../../src/contract/stream.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import type { Tick } from "./decode.ts";

/**
 * Ticks may be missing between these times (ms since 1970). Told at once; and where the platform asked the
 * broker's history for it, again for each instrument with `filled`.
 */
export type Gap = Omit<Extract<StreamMessage, { type: "gap" }>, "type">;

type PlatformStatus = Omit<Extract<StreamMessage, { type: "status" }>, "type">;

/** State of instruments, of the platform's feed, or of this algo's own line (`stream`). */
export type StreamStatus = Omit<PlatformStatus, "subject"> & {
  subject: PlatformStatus["subject"] | "stream";
};

export type StreamEvent =
  /** A new socket stands; everything wanted has been asked for again. */
  | { kind: "open"; algoId: string | null }
  | { kind: "ticks"; ticks: Tick[] }
  | { kind: "history"; instrument: string; interval: CandleInterval; candles: Candle[] }
  /** A closed bar of the channel `candles`. */
  | { kind: "candle"; candle: ClosedCandle }
  | { kind: "gap"; gap: Gap }
  | { kind: "lagging"; on: boolean }
  | { kind: "order"; version: number; order: OrderView }
  /** Every order event up to now has been told; not `complete`: they were too many, and the list has them. */
  | { kind: "orders_caught_up"; complete: boolean }
  | { kind: "risk"; risk: RiskChannelView }
  | { kind: "signal"; signal: SignalView }
  | { kind: "status"; status: StreamStatus }
  | { kind: "note"; message: string };

export type Channel = "orders" | "risk";
