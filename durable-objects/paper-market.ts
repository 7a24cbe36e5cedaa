/**
 * Makes the simulated market move: one beat after the other while anybody listens or any order waits.
 * Prices live in memory only; after an eviction they go on along the same path.
 */
import { liquidityOf, SeededMarket, tickOf } from "../src/brokers/paper/market/seeded.ts";
import type { MarketTick } from "../src/brokers/paper/market/seeded.ts";
import type { WalkState } from "../src/brokers/paper/market/walk.ts";
import type { Listing } from "../src/brokers/paper/engine/types.ts";
import type { PaperFeed, TickText } from "./paper-feed.ts";
import type { PaperOrders } from "./paper-orders.ts";

/** Ticks that a late beat makes up for at most: after a pause the market goes on, it does not race. */
const CATCH_UP_MS = 250;

/** How often an instrument moves that nobody subscribed, for the orders that wait in it. */
const WORKING_INTERVAL_MS = 250;

/** A quote nobody watched for this long is renewed before an order meets it. */
const QUOTE_AGE_MAX_MS = 1_000;

export class PaperMarket {
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #orders: PaperOrders;
  readonly #feed: PaperFeed;
  #market: SeededMarket;
  #active: string[] = [];
  #next = 0;
  #owed = 0;
  #lastBeat: number;
  #lastWorking = 0;
  ticksPerSecond: number;

  constructor(
    listings: ReadonlyMap<string, Listing>,
    orders: PaperOrders,
    feed: PaperFeed,
    settings: { seed: number; ticksPerSecond: number },
    now: number,
  ) {
    this.#listings = listings;
    this.#orders = orders;
    this.#feed = feed;
    this.#market = new SeededMarket(listings, settings.seed);
    this.ticksPerSecond = settings.ticksPerSecond;
    this.#lastBeat = now;
  }

  get seed(): number {
    return this.#market.seed;
  }

  /** Another seed is another market: every price starts anew. */
  reseed(seed: number): void {
    this.#market = new SeededMarket(this.#listings, seed);
  }

  /** Works out anew which instruments move: those that are subscribed and whose market is open. */
  refresh(now: number): void {
    this.#active = [...this.#feed.instruments].filter((id) => this.#orders.isMarketOpen(id, now));
  }

  /** Moves the market up to `now`. */
  beat(now: number): void {
    const elapsed = Math.min(CATCH_UP_MS, Math.max(0, now - this.#lastBeat));
    this.#lastBeat = now;
    if (this.ticksPerSecond > 0) {
      this.#moveSubscribed(now, elapsed);
      this.#moveWorking(now);
    }
    this.#orders.settle(now);
    this.#feed.flush(now);
  }

  #moveSubscribed(now: number, elapsedMs: number): void {
    if (this.#active.length === 0) return;
    this.#owed += (this.ticksPerSecond * elapsedMs) / 1_000;
    for (; this.#owed >= 1; this.#owed -= 1) {
      this.#next = (this.#next + 1) % this.#active.length;
      const instrument = this.#active[this.#next];
      if (instrument !== undefined) this.#move(instrument, now);
    }
  }

  /** Orders in instruments that nobody watches wait for prices all the same. */
  #moveWorking(now: number): void {
    if (now - this.#lastWorking < WORKING_INTERVAL_MS) return;
    this.#lastWorking = now;
    for (const instrument of this.#orders.workingInstruments()) {
      if (this.#feed.isSubscribed(instrument)) continue;
      if (this.#orders.isMarketOpen(instrument, now)) this.#move(instrument, now);
    }
  }

  #move(instrument: string, now: number): void {
    const walk = this.#market.step(instrument, now);
    if (!walk) return;
    this.#orders.market(instrument, liquidityOf(walk), now);
    if (this.#feed.isSubscribed(instrument)) this.#feed.tick(textOf(tickOf(walk)), now);
  }

  /** Makes sure that an order finds a quote of now and not of yesterday. */
  prepare(instrument: string, now: number): void {
    const isNew = this.#orders.liquidity(instrument) === null;
    const walk = this.#market.walk(instrument, now);
    if (!walk) return;
    const isOld = now - walk.time > QUOTE_AGE_MAX_MS;
    if (isOld && this.ticksPerSecond > 0 && this.#orders.isMarketOpen(instrument, now)) {
      this.#move(instrument, now);
    } else if (isNew) this.#orders.market(instrument, liquidityOf(walk), now);
  }

  /** The instrument as it stands, without a trade: a snapshot must not count as one. */
  snapshot(instrument: string, now: number): TickText | null {
    const walk: WalkState | null = this.#market.walk(instrument, now);
    return walk ? textOf({ ...tickOf(walk), lastQuantity: null }) : null;
  }
}

/** A tick as the text of its row on the wire. Numbers print as JSON by themselves, and so does null. */
function textOf(tick: MarketTick): TickText {
  const { instrument, last, lastQuantity, volume, exchangeTime } = tick;
  // Ids hold no character that JSON would escape: their pattern allows none.
  const start = `["${instrument}",${last},${lastQuantity},`;
  const end = `,${volume},${exchangeTime}]`;
  const { bid, bidQuantity, ask, askQuantity } = tick;
  return {
    instrument,
    quote: `${start}${bid},${bidQuantity},${ask},${askQuantity}${end}`,
    ltp: `${start}null,null,null,null${end}`,
  };
}
