/** Folds ticks into the bar in progress as the platform itself does. Pure. */
import {
  foldCandle,
  type Candle,
  type CandleInterval,
  type TickView,
} from "../../../../src/contract/market.ts";

/**
 * The bars that a tick changes, oldest first: none when it brings no price, the bar in progress, or the
 * bar it closed and the new one. A snapshot repeats a trade that the history holds already: its price
 * counts, its quantity does not.
 */
export function foldTick(
  current: Candle | null,
  interval: CandleInterval,
  tick: TickView,
  snapshot: boolean,
): Candle[] {
  if (tick.last === null) return [];
  const time = tick.exchangeTime ?? tick.receivedTime;
  const quantity = snapshot ? 0 : (tick.lastQuantity ?? 0);
  const folded = foldCandle(current, interval, { time, price: tick.last, quantity });
  if (folded.current === current) return [];
  return folded.closed === null ? [folded.current] : [folded.closed, folded.current];
}
