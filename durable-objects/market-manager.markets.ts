/**
 * What the manager knows of its markets: how full each is, which are emptied, which keys are revoked. A
 * new socket costs no question to any market: they report, and the watchdog puts right what went astray.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { MarketPort, SocketWish } from "../src/application/ports.ts";
import type { DrainView, MarketView } from "../src/contract/markets.ts";
import { isMarketOpen } from "../src/domain/calendar.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { DRAIN_WAIT_MS_MAX, REVOKED_KEY_KEPT_MS } from "../src/domain/market-limits.ts";
import { isAfterHours, type MarketRoom, placeSocket } from "../src/domain/market-placement.ts";
import type { MarketManagerStorage } from "./market-manager.storage.ts";

export interface MarketsHost {
  storage: MarketManagerStorage;
  market(name: string): MarketPort;
  calendarsOf(instruments: readonly InstrumentId[]): Promise<Set<string>>;
  /** Something is owed to a market that could not be reached: `settle` is to be called before long. */
  later(): void;
  log: Log;
}

interface Known extends MarketRoom {
  drain: DrainView | null;
}

export class MarketsBook {
  readonly #host: MarketsHost;
  readonly #known = new Map<string, Known>();
  #socketsMax: number;

  constructor(host: MarketsHost) {
    this.#host = host;
    this.#socketsMax = host.storage.socketsMax;
    for (const { market, sockets, drain } of host.storage.markets())
      this.#known.set(market, { market, sockets, placed: 0, drain, isDraining: drain !== null });
  }

  place({ keyId, refusedBy }: SocketWish): { market: string; socketsMax: number } | null {
    const { storage } = this.#host;
    if (keyId !== null && storage.isRevoked(keyId)) return null;
    const refusing = this.#known.get(refusedBy ?? "");
    // It knows better than its last report; the next one says how many there really are.
    if (refusing) refusing.sockets = Math.max(refusing.sockets, this.#socketsMax);
    const market = placeSocket(this.#known.values(), this.#socketsMax) ?? this.#open();
    const placed = this.#known.get(market);
    if (placed) placed.placed += 1;
    return { market, socketsMax: this.#socketsMax };
  }

  report(market: string, sockets: number): void {
    const known = this.#known.get(market);
    if (!known) return;
    Object.assign(known, { sockets, placed: 0 });
    this.#host.storage.saveSockets(market, sockets);
  }

  setSocketsMax(socketsMax: number): void {
    this.#host.storage.socketsMax = socketsMax;
    this.#socketsMax = socketsMax;
  }

  /** Null when there is no such market. */
  async drain(market: string, drain: DrainView | null): Promise<MarketView | null> {
    const known = this.#known.get(market);
    if (!known) return null;
    this.#saveDrain(known, drain);
    await this.settle();
    return this.#view(known);
  }

  async closeKey(keyId: string, now: number): Promise<{ closed: number; unreached: string[] }> {
    const { storage } = this.#host;
    storage.revoke(keyId, now);
    for (const market of this.#known.keys()) storage.owe(market, keyId);
    const before = new Set(this.#known.keys());
    const closed = await this.settle(keyId);
    const unreached = storage
      .owed()
      .flatMap(({ market, subject }) => (subject === keyId && before.has(market) ? [market] : []));
    return { closed, unreached };
  }

  /** Pays what is owed to markets; of one key, or everything. Answers how many sockets that closed. */
  async settle(keyId?: string): Promise<number> {
    const { storage, log } = this.#host;
    const owed = storage.owed().filter(({ subject }) => keyId === undefined || subject === keyId);
    const closed = await Promise.all(
      owed.map(async ({ market, subject }) => {
        try {
          const count = await this.#pay(market, subject);
          return count;
        } catch (error) {
          log("warn", "market_unreachable", { market, reason: errorText(error) });
          this.#host.later();
          return 0;
        }
      }),
    );
    return closed.reduce((sum, count) => sum + count, 0);
  }

  views(): Promise<MarketView[]> {
    return Promise.all([...this.#known.values()].map((known) => this.#view(known)));
  }

  /** Counts as the markets say them, what is owed, and drains whose hour has come. */
  async ensure(now: number): Promise<void> {
    this.#host.storage.forgetRevoked(now - REVOKED_KEY_KEPT_MS);
    await this.views();
    // What was placed a while ago has arrived, or never will.
    for (const known of this.#known.values()) known.placed = 0;
    for (const known of this.#known.values())
      if (known.drain?.close === "after_hours" && (await this.#isOver(known, now)))
        this.#saveDrain(known, { ...known.drain, close: "now" });
    await this.settle();
  }

  #open(): string {
    const market = this.#host.storage.addMarket();
    this.#known.set(market, { market, sockets: 0, placed: 0, drain: null, isDraining: false });
    this.#host.log("info", "market_opened", { market });
    return market;
  }

  #saveDrain(known: Known, drain: DrainView | null): void {
    this.#host.storage.saveDrain(known.market, drain);
    known.drain = drain;
    known.isDraining = drain !== null;
  }

  async #pay(market: string, subject: string): Promise<number> {
    const { storage } = this.#host;
    const port = this.#host.market(market);
    if (subject !== "") {
      const { closed } = await port.closeKey(subject);
      storage.paid(market, subject);
      return closed;
    }
    const drain = this.#known.get(market)?.drain ?? null;
    await port.drain(drain && { close: drain.close, reason: drain.reason });
    // Changed in the meantime: the new state is still owed.
    if ((this.#known.get(market)?.drain ?? null) === drain) storage.paid(market, subject);
    else this.#host.later();
    return 0;
  }

  async #isOver({ market, drain }: Known, now: number): Promise<boolean> {
    try {
      const calendars = await this.#host.calendarsOf(await this.#host.market(market).held());
      const isAnyOpen = [...calendars].some((calendar) => isMarketOpen(calendar, now));
      return isAfterHours(now, drain?.since ?? now, DRAIN_WAIT_MS_MAX, isAnyOpen);
    } catch (error) {
      this.#host.log("warn", "market_unreachable", { market, reason: errorText(error) });
      return false;
    }
  }

  async #view(known: Known): Promise<MarketView> {
    const { market, drain } = known;
    const socketsMax = this.#socketsMax;
    try {
      const counts = await this.#host.market(market).view();
      if (counts.sockets !== known.sockets) this.report(market, counts.sockets);
      return { ...counts, state: stateOf(counts.sockets, socketsMax, drain), socketsMax, drain };
    } catch (error) {
      this.#host.log("warn", "market_unreachable", { market, reason: errorText(error) });
      const { sockets } = known;
      return { market, state: "unreachable", sockets, socketsMax, drain, ...NO_FIGURES };
    }
  }
}

const NO_FIGURES = {
  instruments: 0,
  deliveriesPerSecond: 0,
  bufferedBytes: 0,
  laggingSockets: 0,
} as const;

function stateOf(
  sockets: number,
  socketsMax: number,
  drain: DrainView | null,
): MarketView["state"] {
  if (drain) return sockets > 0 ? "draining" : "drained";
  return sockets >= socketsMax ? "full" : "open";
}
