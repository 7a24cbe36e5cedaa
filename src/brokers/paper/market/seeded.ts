/** The seeded market: the walks of all instruments that somebody has asked for. Pure: time comes in. */
import { priceNumber, quantityNumber } from "../grid.ts";
import type { Liquidity, Listing } from "../engine/types.ts";
import { openInterestLots, pathTerms } from "./path.ts";
import type { PathTerms } from "./path.ts";
import { startWalk, stepWalk } from "./walk.ts";
import type { WalkState } from "./walk.ts";

/** One tick as numbers, as the wire and the candles take it. */
export interface MarketTick {
  instrument: string;
  last: number;
  lastQuantity: number | null;
  bid: number | null;
  bidQuantity: number | null;
  ask: number | null;
  askQuantity: number | null;
  volume: number | null;
  /** Of derivatives alone. */
  openInterest?: number;
  exchangeTime: number;
}

export class SeededMarket {
  readonly seed: number;
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #walks = new Map<string, WalkState>();

  constructor(listings: ReadonlyMap<string, Listing>, seed: number) {
    this.#listings = listings;
    this.seed = seed;
  }

  /** Moves an instrument by one tick; null when it is not listed. */
  step(instrument: string, now: number): WalkState | null {
    const known = this.#walks.get(instrument);
    if (!known) return this.walk(instrument, now);
    stepWalk(known, now);
    return known;
  }

  terms(instrument: string, now: number): PathTerms | null {
    return this.walk(instrument, now)?.terms ?? null;
  }

  /** The instrument as it stands; it starts when it is first asked for. */
  walk(instrument: string, now: number): WalkState | null {
    const known = this.#walks.get(instrument);
    if (known) return known;
    const listing = this.#listings.get(instrument);
    if (!listing) return null;
    const walk = startWalk(pathTerms(listing.instrument, this.seed), now);
    this.#walks.set(instrument, walk);
    return walk;
  }
}

export const liquidityOf = (walk: WalkState): Liquidity => ({
  kind: "quote",
  lastTicks: walk.lastTicks,
  bidTicks: walk.bidTicks,
  bidLots: walk.bidLots,
  askTicks: walk.askTicks,
  askLots: walk.askLots,
});

export function tickOf(walk: WalkState): MarketTick {
  const { grid } = walk.terms;
  const tick: MarketTick = {
    instrument: walk.terms.id,
    last: priceNumber(grid, walk.lastTicks),
    lastQuantity: quantityNumber(grid, walk.lastLots),
    bid: priceNumber(grid, walk.bidTicks),
    bidQuantity: quantityNumber(grid, walk.bidLots),
    ask: priceNumber(grid, walk.askTicks),
    askQuantity: quantityNumber(grid, walk.askLots),
    volume: quantityNumber(grid, walk.volumeLots),
    exchangeTime: walk.time,
  };
  const openLots = openInterestLots(walk.terms, walk.time);
  if (openLots !== null) tick.openInterest = quantityNumber(grid, openLots);
  return tick;
}
