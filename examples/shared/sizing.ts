/** How much to buy: a small, fixed value per position, on the instrument's own grid. Pure. */
import { decimal, type Decimal, type InstrumentView } from "../../sdk/index.ts";

/** Value of one position in the instrument's currency: far inside the platform's default limits. */
const POSITION_VALUE: Record<string, number> = { INR: 50_000, USD: 1_000, USDT: 1_000 };
const POSITION_VALUE_DEFAULT = 1_000;

type Grid = Pick<InstrumentView, "currency" | "lotSize" | "minQuantity">;

/** Whole lots worth about one position's value, and never less than the smallest order. */
export function positionQuantity(price: number, instrument: Grid): Decimal {
  const value = decimal(POSITION_VALUE[instrument.currency] ?? POSITION_VALUE_DEFAULT);
  const lot = decimal(instrument.lotSize);
  const lots = value.div(decimal(price)).div(lot).round(0, "down");
  const quantity = lots.times(lot);
  const smallest = decimal(instrument.minQuantity);
  return quantity.lt(smallest) ? smallest : quantity;
}

/** `price` moved by `fraction` (below 0: down) and put on the grid of prices. */
export function movedPrice(price: number, fraction: number, tickSize: string): string {
  const tick = decimal(tickSize);
  const moved = decimal(price).times(decimal(1).plus(decimal(fraction)));
  return moved.div(tick).round(0).times(tick).toFixed();
}
