/** A tick as the text of its row on the wire, made once for everybody who wants it. Pure. */
import type { MarketTick } from "./market/seeded.ts";

/** The row with bid and ask, and without, for who only wants the last price. */
export interface TickText {
  instrument: string;
  quote: string;
  ltp: string;
}

/** Numbers print as JSON by themselves, and so does null. */
export function tickText(tick: MarketTick): TickText {
  const { instrument, last, lastQuantity, volume, exchangeTime } = tick;
  // Ids hold no character that JSON would escape: their pattern allows none.
  const start = `["${instrument}",${last},${lastQuantity},`;
  const openInterest = tick.openInterest === undefined ? "" : `,${tick.openInterest}`;
  const end = `,${volume},${exchangeTime}${openInterest}]`;
  const { bid, bidQuantity, ask, askQuantity } = tick;
  return {
    instrument,
    quote: `${start}${bid},${bidQuantity},${ask},${askQuantity}${end}`,
    ltp: `${start}null,null,null,null${end}`,
  };
}
