/** A bar as an algo is told it once it has closed. */
import type { Candle, CandleInterval } from "../../src/contract/market.ts";
import type { StreamMessage } from "../../src/contract/stream.ts";

type StreamCandle = Extract<StreamMessage, { type: "candle" }>["candle"];

export interface ClosedCandle extends Candle {
  instrument: string;
  interval: CandleInterval;
  /**
   * Of `subscribeCandles`: null when all trades are in it. `amended`: changed by a late trade. `late`: from
   * the broker's history, because ticks were missing. `partial`: ticks are missing.
   */
  mark?: StreamCandle["mark"];
  /** This time was told before: the bar takes the place of the one told then, if there was one. */
  corrected?: true;
}
