/**
 * Places algo sockets on markets, empties markets, and keeps what all of them share: revoked keys and
 * signals. It also says which broker gives an instrument's data. Never on the tick path.
 */
import { DurableObject } from "cloudflare:workers";
import type { MarketManagerPort, SignalsPort, SocketWish } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { DrainClose, MarketView } from "../src/contract/markets.ts";
import type { SignalView } from "../src/contract/signals.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { INSTRUMENT_CACHE_MS, OBJECT_RETRY_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { FEED_BROKERS } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { brokerManager, market } from "../src/platform/objects.ts";
import { MarketsBook } from "./market-manager.markets.ts";
import { Signals } from "./market-manager.signals.ts";
import { MarketManagerStorage } from "./market-manager.storage.ts";

/** What an instrument's data needs to be known by. */
interface Listed {
  provider: string;
  calendar: string;
}

export class MarketManager extends DurableObject<Env> implements MarketManagerPort {
  readonly #book: MarketsBook;
  readonly #signals: Signals;
  readonly #log = logger({ object: "MarketManager" });
  #listed: { readAt: number; of: Map<InstrumentId, Listed> } | null = null;
  #reading: Promise<Map<InstrumentId, Listed>> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const storage = new MarketManagerStorage(ctx.storage);
    this.#book = new MarketsBook({
      storage,
      market: (name) => market(env, name),
      calendarsOf: (instruments) => this.#calendarsOf(instruments),
      later: () => this.#later(),
      log: this.#log,
    });
    this.#signals = new Signals({
      storage,
      tell: (name, signals) => market(env, name).takeSignals(signals),
      later: () => this.#later(),
    });
  }

  async place(wish: SocketWish): Promise<{ market: string; socketsMax: number } | null> {
    return this.#book.place(wish);
  }

  async report(name: string, sockets: number): Promise<void> {
    this.#book.report(name, sockets);
  }

  async markets(): Promise<MarketView[]> {
    return this.#book.views();
  }

  async setSocketsMax(socketsMax: number): Promise<MarketView[]> {
    this.#book.setSocketsMax(socketsMax);
    return this.#book.views();
  }

  async drain(
    name: string,
    plan: { close: DrainClose; by: string; reason: string },
  ): Promise<Result<MarketView, ApiError>> {
    return this.#setDrain(name, { ...plan, since: Date.now() });
  }

  async undrain(name: string): Promise<Result<MarketView, ApiError>> {
    return this.#setDrain(name, null);
  }

  async closeKey(keyId: string): Promise<{ closed: number; unreached: string[] }> {
    return this.#book.closeKey(keyId, Date.now());
  }

  async publishSignal(
    signal: Parameters<SignalsPort["publishSignal"]>[0],
  ): Promise<Result<SignalView, ApiError>> {
    const published = this.#signals.publish(signal, Date.now());
    if (published.ok) this.ctx.waitUntil(this.#signals.settle());
    return published;
  }

  async followSignals(name: string, topics: string[]): Promise<SignalView[]> {
    return this.#signals.follow(name, topics);
  }

  async unfollowSignals(name: string): Promise<void> {
    this.#signals.unfollow(name);
  }

  async signals(): Promise<SignalView[]> {
    return this.#signals.list();
  }

  /** Instruments that no broker knows are left out. */
  async providerOf(instruments: InstrumentId[]): Promise<Record<InstrumentId, string>> {
    const listed = await this.#listedNow();
    return Object.fromEntries(
      instruments.flatMap((instrument) => {
        const one = listed.get(instrument);
        return one === undefined ? [] : [[instrument, one.provider]];
      }),
    );
  }

  async ensure(): Promise<void> {
    await this.#book.ensure(Date.now());
    await this.#signals.settle();
  }

  /** Something could not be told to a market. */
  override async alarm(): Promise<void> {
    await this.#book.settle();
    await this.#signals.settle();
  }

  async #setDrain(name: string, drain: MarketView["drain"]): Promise<Result<MarketView, ApiError>> {
    const view = await this.#book.drain(name, drain);
    if (view) return ok(view);
    const message = `there is no market ${name}; see /v1/markets`;
    return err({ code: "UNKNOWN_MARKET", message, details: null });
  }

  #later(): void {
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + OBJECT_RETRY_MS));
  }

  async #calendarsOf(instruments: readonly InstrumentId[]): Promise<Set<string>> {
    const listed = await this.#listedNow();
    return new Set(instruments.flatMap((instrument) => listed.get(instrument)?.calendar ?? []));
  }

  async #listedNow(): Promise<Map<InstrumentId, Listed>> {
    const known = this.#listed;
    if (known && Date.now() - known.readAt < INSTRUMENT_CACHE_MS) return known.of;
    this.#reading ??= this.#readListed().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** The first broker of the deployment's list that knows an instrument gives its data. */
  async #readListed(): Promise<Map<InstrumentId, Listed>> {
    const of = new Map<InstrumentId, Listed>();
    for (const broker of FEED_BROKERS.toReversed())
      for (const { id, calendar } of await brokerManager(this.env, broker).instruments())
        of.set(id, { provider: broker, calendar });
    if (of.size > 0) this.#listed = { readAt: Date.now(), of };
    return of;
  }
}
