/**
 * Makes the market move, seeded or replayed: one beat after the other. Seeded prices live in memory
 * only; after an eviction they go on along the same path.
 */
import type { Candle, CandleInterval } from "../src/domain/candle.ts";
import type { RecordedTick } from "../src/contract/paper.ts";
import { sessionOfDay, ALWAYS } from "../src/domain/calendar.ts";
import { OwnBars } from "../src/brokers/paper/market/bars.ts";
import { pathMinuteUntil, seededCandles } from "../src/brokers/paper/market/history.ts";
import { MINUTE_MS } from "../src/brokers/paper/market/path.ts";
import { type PaperBookRow, SeededBooks } from "../src/brokers/paper/market/depth.ts";
import { RecentTrades } from "../src/brokers/paper/market/trades.ts";
import { liquidityOf, SeededMarket, tickOf } from "../src/brokers/paper/market/seeded.ts";
import type { Listing } from "../src/brokers/paper/engine/types.ts";
import { tickText } from "../src/brokers/paper/tick-text.ts";
import type { TickText } from "../src/brokers/paper/tick-text.ts";
import type { PaperStorage } from "./paper-broker.storage.ts";
import type { PaperFeed } from "./paper-feed.ts";
import type { PaperOrders } from "./paper-orders.ts";
import type { PaperQuotes } from "./paper-quotes.ts";
import { PaperReplay, recordedText } from "./paper-replay.ts";

/** Ticks that a late beat makes up for at most: after a pause the market goes on, it does not race. */
const CATCH_UP_MS = 250;

/** How often an instrument moves that nobody subscribed, for the orders that wait in it. */
const WORKING_INTERVAL_MS = 250;

/** A quote nobody watched for this long is renewed before an order meets it. */
const QUOTE_AGE_MAX_MS = 1_000;

const DAY_MS = 86_400_000;

export class PaperMarket {
  readonly #storage: PaperStorage;
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #orders: PaperOrders;
  readonly #feed: PaperFeed;
  readonly #quotes: PaperQuotes;
  readonly replay: PaperReplay;
  #market: SeededMarket;
  readonly #books = new SeededBooks();
  #bars = new OwnBars();
  /** What its ticks told: where they were seen by nobody, they can be asked for. */
  readonly #trades: RecentTrades;
  #areBarsRestored = false;
  #minute: number;
  #active: string[] = [];
  #next = 0;
  #owed = 0;
  #lastBeat: number;
  #lastWorking = 0;
  ticksPerSecond: number;

  constructor(
    storage: PaperStorage,
    listings: ReadonlyMap<string, Listing>,
    orders: PaperOrders,
    feed: PaperFeed,
    quotes: PaperQuotes,
    settings: { seed: number; ticksPerSecond: number },
    now: number,
  ) {
    this.#storage = storage;
    this.#listings = listings;
    this.#orders = orders;
    this.#feed = feed;
    this.#quotes = quotes;
    this.replay = new PaperReplay(storage, listings);
    this.#market = new SeededMarket(listings, settings.seed);
    this.#trades = new RecentTrades(now);
    this.ticksPerSecond = settings.ticksPerSecond;
    this.#lastBeat = now;
    this.#minute = Math.floor(now / MINUTE_MS);
    orders.onTraded = () => this.replay.storePlace();
    this.#offerLastTrades(now);
  }

  get seed(): number {
    return this.#market.seed;
  }

  /** Another seed is another market: every price and every bar starts anew. */
  reseed(seed: number): void {
    this.#market = new SeededMarket(this.#listings, seed);
    this.#bars = new OwnBars();
    this.#storage.dropOwnMinutes();
    if (this.replay.isOn) return;
    this.#trades.clear(Date.now());
    this.#orders.forgetPrices();
  }

  /** Works out anew which instruments move: those that somebody watches and whose market is open. */
  refresh(now: number): void {
    const watched = new Set([...this.#feed.instruments, ...this.#quotes.instruments(now)]);
    this.#active = [...watched].filter((id) => this.#orders.isMarketOpen(id, now));
  }

  /** Subscribed, or asked for lately. */
  #isWatched(instrument: string): boolean {
    return this.#feed.isSubscribed(instrument) || this.#quotes.has(instrument);
  }

  /** Moves the market up to `now`. */
  beat(now: number): void {
    const elapsed = Math.min(CATCH_UP_MS, Math.max(0, now - this.#lastBeat));
    this.#lastBeat = now;
    if (this.replay.isOn) this.#play(now);
    else if (this.ticksPerSecond > 0) {
      this.#moveSubscribed(now, elapsed);
      this.#moveWorking(now);
    }
    this.#orders.settle(now);
    this.#feed.flush(now);
    this.#storeEndedMinute(now);
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
      if (this.#isWatched(instrument)) continue;
      if (this.#orders.isMarketOpen(instrument, now)) this.#move(instrument, now);
    }
  }

  #move(instrument: string, now: number): void {
    const walk = this.#market.step(instrument, now);
    if (!walk) return;
    this.#orders.market(instrument, liquidityOf(walk), now);
    if (!this.#isWatched(instrument)) return;
    const { terms, lastTicks, lastLots } = walk;
    const tick = tickOf(walk);
    if (tick.lastQuantity) this.#trades.note(instrument, walk.time, tick.last, tick.lastQuantity);
    this.#bars.add(instrument, now, lastTicks, lastLots, (minute) =>
      pathMinuteUntil(terms, minute, now),
    );
    if (this.#feed.isFollowed(instrument)) this.#feed.book(this.#books.change(walk, now));
    this.#feed.tick(tickText(tick), now);
  }

  #play(now: number): void {
    for (const tick of this.replay.due(now)) {
      const { ticks, lots } = this.replay.ticksOf(tick);
      this.#orders.market(tick.instrument, tradeAt(ticks, lots), now);
      this.#trades.note(tick.instrument, tick.time, tick.price, tick.quantity);
      if (this.#feed.isSubscribed(tick.instrument)) {
        this.#feed.tick(recordedText(tick, tick.quantity), now);
      }
    }
  }

  /** After an eviction an order finds the last price again, with nothing left to take at it. */
  #offerLastTrades(now: number): void {
    for (const tick of this.replay.lastTicks()) {
      this.#orders.market(tick.instrument, tradeAt(this.replay.ticksOf(tick).ticks, 0), now);
    }
  }

  /** Makes sure that an order finds a quote of now and not of yesterday. */
  prepare(instrument: string, now: number): void {
    if (this.replay.isOn) return;
    const isNew = this.#orders.liquidity(instrument) === null;
    const walk = this.#market.walk(instrument, now);
    if (!walk) return;
    const isOld = now - walk.time > QUOTE_AGE_MAX_MS;
    if (isOld && this.ticksPerSecond > 0 && this.#orders.isMarketOpen(instrument, now)) {
      this.#move(instrument, now);
    } else if (isNew) this.#orders.market(instrument, liquidityOf(walk), now);
  }

  /** Changes from one market to the other: prices of the one mean nothing in the other. */
  startReplay(speed: number, now: number): ReturnType<PaperReplay["start"]> {
    const started = this.replay.start(speed, now);
    if (started.ok) {
      this.#trades.clear(0);
      this.#orders.forgetPrices();
      for (const instrument of this.#feed.instruments)
        this.#feed.book(this.#books.empty(instrument, now));
      this.#feed.tellClock(now, true);
    }
    return started;
  }

  /** Takes a chunk of a recording; `fresh` ends what plays and drops what was loaded. */
  loadReplay(
    ticks: readonly RecordedTick[],
    fresh: boolean,
    now: number,
  ): ReturnType<PaperReplay["load"]> {
    const wasOn = this.replay.isOn;
    const loaded = this.replay.load(ticks, fresh);
    if (wasOn && !this.replay.isOn) this.#left(now);
    return loaded;
  }

  leaveReplay(now: number): void {
    if (!this.replay.isOn) return;
    this.replay.stop();
    this.#left(now);
  }

  #left(now: number): void {
    this.#trades.clear(now);
    this.#orders.forgetPrices();
    this.#feed.tellClock(now, true);
  }

  /** Its trades from `since` on, as far back as they are known. */
  trades(instrument: string, since: number, max: number): ReturnType<RecentTrades["since"]> {
    return this.#trades.since(instrument, since, max);
  }

  /** The instrument as it stands, without a trade: a snapshot must not count as one. */
  snapshot(instrument: string, now: number): TickText | null {
    if (this.replay.isOn) return this.replay.snapshot(instrument);
    const walk = this.#market.walk(instrument, now);
    return walk ? tickText({ ...tickOf(walk), lastQuantity: null }) : null;
  }

  /** The order book as it stands. */
  book(instrument: string, now: number): PaperBookRow | null {
    if (this.replay.isOn) return this.#books.empty(instrument, now);
    const walk = this.#market.walk(instrument, now);
    return walk ? this.#books.snapshot(walk, this.#feed.isFollowed(instrument), now) : null;
  }

  /** Bars that start in the range, oldest first, the one in progress included. */
  candles(
    instrument: string,
    interval: CandleInterval,
    range: { from: number; to: number },
    now: number,
  ): Candle[] {
    if (this.replay.isOn) return this.replay.candles(instrument, interval, range.from, range.to);
    const terms = this.#market.terms(instrument, now);
    if (!terms) return [];
    this.#restoreBars();
    const isOpen = this.#openMinutes(instrument);
    return seededCandles({ terms, own: this.#bars, interval, ...range, now, isOpen });
  }

  /** Whether the exchange traded in a minute: by its calendar, whose sessions each lie within one UTC day. */
  #openMinutes(instrument: string): (time: number) => boolean {
    const calendar = this.#listings.get(instrument)?.instrument.calendar ?? ALWAYS;
    if (this.#orders.hours === "always" || calendar === ALWAYS) return () => true;
    const sessions = new Map<number, ReturnType<typeof sessionOfDay>>();
    return (time) => {
      const day = Math.floor(time / DAY_MS);
      let session = sessions.get(day);
      if (session === undefined) {
        session = sessionOfDay(calendar, day * DAY_MS + DAY_MS / 2);
        sessions.set(day, session);
      }
      return session !== null && time >= session.opensAt && time < session.closesAt;
    };
  }

  /** One row a minute, never one a tick: an eviction must not rewrite the bars that algos have seen. */
  #storeEndedMinute(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute === this.#minute) return;
    const ended = this.#bars.ofMinute(this.#minute);
    if (ended.length > 0) this.#storage.saveOwnMinute(this.#minute, ended);
    this.#minute = minute;
  }

  #restoreBars(): void {
    if (this.#areBarsRestored) return;
    this.#areBarsRestored = true;
    for (const { minute, bars } of this.#storage.ownMinutes()) this.#bars.restore(minute, bars);
  }
}

/** A recorded trade tells one price and one quantity: whoever wants to trade can do so at that, up to that. */
const tradeAt = (ticks: number, lots: number) => ({
  kind: "trade" as const,
  lastTicks: ticks,
  bidTicks: ticks,
  bidLots: lots,
  askTicks: ticks,
  askLots: lots,
});
