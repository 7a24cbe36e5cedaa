/**
 * The facts of a tick as text, the same for every server that is measured. `volume` counts the ticks of
 * its instrument from 1, so that a client sees each loss and each double between the feed and itself,
 * whatever stands between.
 */

/** Ids that every broker's rules allow. */
export const instrumentName = (index: number): string => `NSE:B${index}`;

const price = (cents: number): string => (cents / 100).toFixed(2);

/** `last,lastQuantity,bid,bidQuantity,ask,askQuantity,volume,exchangeTime`. Times are ms since 1970. */
export function factsOf(volume: number, now: number): string {
  const cents = 150_000 + ((volume * 7) % 200) * 5;
  return `${price(cents)},${1 + (volume % 50)},${price(cents - 5)},${100 + (volume % 90)},${price(cents + 5)},${100 + (volume % 80)},${volume},${now}`;
}

/** A row of the paper exchange's data frames. */
export const paperRow = (index: number, facts: string): string =>
  `["${instrumentName(index)}",${facts}]`;

/** What a hub or a broker without a shard carries: the row of a compact frame, as long as Trunkline's. */
export const plainRow = (index: number, facts: string, volume: number, now: number): string =>
  `[${index},${facts},${now},1,${1_000_000_000 + volume},0,"feed"]`;
