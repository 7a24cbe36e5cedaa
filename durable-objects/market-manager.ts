/**
 * Places algo sockets on markets, empties markets, keeps what all of them share, revoked keys and
 * signals, and leads each instrument from provider to provider. Never on the tick path.
 */
import { DurableObject } from "cloudflare:workers";
import type { MarketManagerPort, SignalsPort, SocketWish } from "../src/application/ports.ts";
import type { HealthReport, ProviderFollower } from "../src/application/provider-ports.ts";
import { marketDataClients } from "../src/brokers/registry.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { DrainClose, MarketView } from "../src/contract/markets.ts";
import type { PageQuery } from "../src/contract/primitives.ts";
import type { SignalView } from "../src/contract/signals.ts";
import { ALWAYS, type Session, sessionAt } from "../src/domain/calendar.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import {
  dataAccountOf,
  FEED_BROKERS,
  PORTFOLIO,
  PROVIDER_RANKS,
} from "../src/platform/deployment.ts";
import { laidDown } from "../src/platform/alerts.ts";
import { logger } from "../src/platform/logger.ts";
import { brokerManager, market, riskLedger } from "../src/platform/objects.ts";
import { database } from "../src/storage/database.ts";
import { closeIncident } from "../src/storage/incidents.ts";
import { MarketsBook } from "./market-manager.markets.ts";
import { Masters } from "./market-manager.masters.ts";
import { ProviderStorage } from "./market-manager.provider-storage.ts";
import { Providers } from "./market-manager.providers.ts";
import { Signals } from "./market-manager.signals.ts";
import { MarketManagerStorage } from "./market-manager.storage.ts";
import { SoonestAlarm } from "./soonest-alarm.ts";

export class MarketManager extends DurableObject<Env> implements MarketManagerPort {
  readonly #book: MarketsBook;
  readonly #signals: Signals;
  readonly #storage: MarketManagerStorage;
  readonly #masters: Masters;
  readonly #providers: Providers;
  readonly #log = logger({ object: "MarketManager" });
  readonly #alarm: SoonestAlarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const storage = new MarketManagerStorage(ctx.storage);
    this.#storage = storage;
    this.#alarm = new SoonestAlarm(ctx);
    this.#masters = new Masters(FEED_BROKERS, (broker) => brokerManager(env, broker));
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
    this.#providers = new Providers(
      {
        storage: new ProviderStorage(ctx.storage.sql),
        masters: this.#masters,
        defaultRanks: PROVIDER_RANKS,
        manager: (broker) => brokerManager(env, broker),
        followers: () => this.#followers(),
        session: sessionsOf(env, this.#masters),
        incidents: {
          layDown: laidDown(env),
          close: (id, at) => closeIncident(database(env.DB), id, at),
        },
        wakeAt: (time) => this.#alarm.by(time),
        log: this.#log,
      },
      Date.now(),
    );
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

  providerOf(instruments: InstrumentId[]) {
    return this.#providers.providerOf(instruments);
  }

  activeProviders(instruments: InstrumentId[]) {
    return this.#providers.activeProviders(instruments);
  }

  health(report: HealthReport) {
    return this.#providers.health(report);
  }

  providers(instrument: InstrumentId) {
    return this.#providers.providers(instrument);
  }

  watchedProviders() {
    return this.#providers.watchedProviders();
  }

  rankProviders(instrument: InstrumentId, ranked: string[] | null) {
    return this.#providers.rankProviders(instrument, ranked);
  }

  switches(query: PageQuery) {
    return this.#providers.switches(query);
  }

  feedAlert() {
    return this.#providers.feedAlert();
  }

  async ensure(): Promise<void> {
    await this.#book.ensure(Date.now());
    await this.#signals.settle();
    await this.#providers.look(Date.now());
  }

  /** Something could not be told to a market, or time alone has something to change. */
  override async alarm(): Promise<void> {
    this.#alarm.rang();
    await this.#providers.look(Date.now());
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
    this.#alarm.by(Date.now() + OBJECT_RETRY_MS);
  }

  async #calendarsOf(instruments: readonly InstrumentId[]): Promise<Set<string>> {
    await this.#masters.read();
    return new Set(
      instruments.flatMap((instrument) => this.#masters.get(instrument)?.calendar ?? []),
    );
  }

  /** Everyone who gets ticks or marks has to know from whom. */
  #followers(): Map<string, ProviderFollower> {
    const followers = new Map<string, ProviderFollower>(
      this.#storage.markets().map(({ market: name }) => [`market:${name}`, market(this.env, name)]),
    );
    return followers.set(`ledger:${PORTFOLIO}`, riskLedger(this.env, PORTFOLIO));
  }
}

/** By the hours of an instrument's first broker; null while its market is shut. What a broker keeps open is asked once. */
function sessionsOf(env: Env, masters: Masters) {
  const alwaysOpen = new Map<string, boolean>();
  const isAlwaysOpen = (broker: string): boolean => {
    const clients = marketDataClients(env, broker, dataAccountOf(broker));
    return clients.ok && clients.value.feed.rules.calendarAlwaysOpen;
  };
  return (instrument: InstrumentId, now: number): Session | null => {
    const [broker = ""] = masters.brokersOf(instrument);
    const always = alwaysOpen.get(broker) ?? isAlwaysOpen(broker);
    alwaysOpen.set(broker, always);
    return sessionAt(always ? ALWAYS : (masters.get(instrument)?.calendar ?? ""), now);
  };
}
