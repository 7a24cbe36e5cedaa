/** Bars of a recording's trades, built by the very code that the platform builds them with. */
import type { RecordedTick } from "../../src/contract/paper.ts";
import { CandleBuilder, type CandlePart, foldParts } from "../../src/domain/candle-builder.ts";
import { type Candle, type CandleInterval, candleStart } from "../../src/domain/candle.ts";

export interface CountedBar extends Candle {
  /** Trades in it. */
  count: number;
}

/** Of one instrument, oldest first. `tooLate`: trades that came after their bar could still be amended. */
export function barsOfTrades(
  trades: readonly Pick<RecordedTick, "time" | "price" | "quantity">[],
  interval: CandleInterval,
): { bars: CountedBar[]; tooLate: number } {
  const builder = new CandleBuilder();
  // A part told again replaces itself, as it does where the platform stores them.
  const parts = new Map<number, CandlePart>();
  const counts = new Map<number, number>();
  const unit = interval === "1s" ? "1s" : "1m";
  let tooLate = 0;
  let minute = 0;
  const take = (told: readonly CandlePart[]) => {
    for (const part of told) parts.set(part.time, part);
  };
  for (const [seq, { time, price, quantity }] of trades.entries()) {
    if (candleStart(time, "1m") !== minute) {
      take(builder.parts(unit));
      // Handed over: what no trade can amend any more leaves the builder.
      builder.takeClosed();
    }
    minute = candleStart(time, "1m");
    if (!builder.add({ time, seq, price, quantity }, 1)) {
      tooLate += 1;
      continue;
    }
    const start = candleStart(time, interval);
    counts.set(start, (counts.get(start) ?? 0) + 1);
  }
  take(builder.parts(unit));
  const bars = foldParts([...parts.values()], interval, "all").map(
    ({ time, open, high, low, close, volume }) => ({
      time,
      open,
      high,
      low,
      close,
      volume,
      count: counts.get(time) ?? 0,
    }),
  );
  return { bars, tooLate };
}
