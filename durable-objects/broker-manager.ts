/**
 * Plans one broker's instruments over its shards, and keeps its limits, its list of instruments and the
 * numbers of its connections. It is not on the tick path: shards push to markets themselves.
 */
import { DurableObject } from "cloudflare:workers";
import type {
  BrokerManagerPort,
  ConnectionGrant,
  ConsumerId,
  DeclareAnswer,
  FeedTerms,
  FeedWish,
  OwnCandles,
  SessionGrant,
  SessionProof,
  ShardReport,
} from "../src/application/ports.ts";
import { marketDataClients, type MarketDataClients } from "../src/brokers/registry.ts";
import type { BrokerView, SessionView } from "../src/contract/brokers.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { TickView } from "../src/contract/market.ts";
import type { CleaningView, QualityView } from "../src/contract/quality.ts";
import { assert } from "../src/domain/assert.ts";
import type { BrokerLimits, LearnedLimit } from "../src/domain/broker-limits.ts";
import type { CleaningSettings } from "../src/domain/cleaning.ts";
import { ConnectPace } from "../src/domain/connect-pace.ts";
import type { Drain } from "../src/domain/drain.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS, WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { dataAccountOf, isTradedAt, SHARDS_DEFAULT } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { feedShard, orderGateway } from "../src/platform/objects.ts";
import { Asking } from "./broker-manager.asking.ts";
import { OwnCandleStorage } from "./broker-manager.candles.ts";
import * as history from "./broker-manager.history.ts";
import { orderLine } from "./broker-manager.order-line.ts";
import { InstrumentMaster } from "./broker-manager.master.ts";
import { Plan } from "./broker-manager.plan.ts";
import { preOpen, type PreOpen } from "./broker-manager.pre-open.ts";
import { Room } from "./broker-manager.room.ts";
import { FeedSettings } from "./broker-manager.settings.ts";
import type { SessionKeeper } from "./broker-manager.session.ts";
import { sessionKeeper } from "./broker-manager.session-host.ts";
import { ensureShards, linesOf, quotesOf, shardsOf, teachTerms } from "./broker-manager.shards.ts";
import { BrokerManagerStorage } from "./broker-manager.storage.ts";
import { Terms, TermsStorage } from "./broker-manager.terms.ts";
import { feedViewOf } from "./broker-manager.view.ts";
import { type Wanted, Wishes } from "./broker-manager.wishes.ts";

export class BrokerManager extends DurableObject<Env> implements BrokerManagerPort {
  readonly #storage: BrokerManagerStorage;
  readonly #sources: history.HistorySources;
  readonly #terms: Terms;
  readonly #broker: string;
  readonly #account: string;
  readonly #clients: MarketDataClients;
  readonly #master: InstrumentMaster;
  readonly #plan: Plan;
  readonly #log;
  readonly #wishes: Wishes;
  readonly #settings: FeedSettings;
  readonly #room: Room;
  readonly #connects: ConnectPace;
  readonly #asking: Asking;
  readonly #session: SessionKeeper;
  readonly #preOpen: PreOpen;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#broker = ctx.id.name ?? "";
    this.#account = dataAccountOf(this.#broker);
    this.#log = logger({ object: "BrokerManager", name: this.#broker });
    const storage = (this.#storage = new BrokerManagerStorage(ctx.storage.sql));
    const place = { broker: this.#broker, account: this.#account, storage, log: this.#log };
    this.#session = sessionKeeper(env, {
      ...place,
      alarms: ctx.storage,
      shards: () => this.#shards(),
      owed: () => [...this.#planned().keys()].filter((id) => this.#isOpen(id)),
    });
    const clients = marketDataClients(env, this.#broker, this.#account, this.#session);
    assert(clients.ok, `manager ${this.#broker} names no broker`);
    this.#clients = clients.value;
    this.#wishes = new Wishes(this.#storage);
    const { feed, reference } = this.#clients;
    this.#settings = new FeedSettings(this.#storage, feed.rules, SHARDS_DEFAULT);
    this.#master = new InstrumentMaster(this.#broker, reference, this.#storage, this.#log);
    const [{ rules }, session, master] = [feed, this.#session, this.#master];
    const teach = (terms: FeedTerms[]) => teachTerms(this.#shards(), terms);
    const termsStorage = new TermsStorage(ctx.storage.sql, this.#broker);
    this.#terms = new Terms(termsStorage, { rules, master, teach });
    this.#connects = new ConnectPace(feed.rules, Date.now());
    this.#plan = new Plan({ ...place, shard: (number) => this.#shard(number) }, this.#settings);
    const [plan, own] = [this.#plan, new OwnCandleStorage(ctx.storage.sql)];
    this.#sources = { broker: this.#broker, master: this.#master, reference, plan, own };
    this.#plan.restore(this.#planned());
    const lines = () => linesOf(plan, this.#shards());
    this.#preOpen = preOpen(env, { ...place, rules, lines, session, master });
    this.#room = new Room(this.#broker, this.#settings, this.#plan);
    this.#asking = new Asking(this.#master, this.#wishes, this.#room);
  }

  session(): Promise<SessionGrant> {
    return this.#session.grant();
  }

  async sessionRefused(generation: number, reason: string): Promise<void> {
    this.#session.refused(generation, reason);
  }

  renewSession(proof: SessionProof): Promise<Result<SessionView, ApiError>> {
    return this.#session.renew(proof);
  }

  async declare(
    consumer: ConsumerId,
    wishes: FeedWish[],
  ): Promise<Result<DeclareAnswer, ApiError>> {
    const kept = await this.#asking.declare(consumer, wishes);
    return kept.ok ? ok(await this.#carryOut(kept.value)) : kept;
  }

  async pin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>> {
    const refusal = await this.#asking.pin(instruments);
    return refusal ? err(refusal) : ok(await this.#carryOut(instruments));
  }

  async unpin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>> {
    this.#asking.unpin(instruments);
    return ok(await this.#carryOut(this.#wishes.wantedOf(instruments)));
  }

  async setFeed(
    shards: number,
    weights?: Record<InstrumentId, number>,
  ): Promise<Result<BrokerView, ApiError>> {
    const unknown = weights && (await this.#master.refuseUnknown(Object.keys(weights)));
    const refusal = unknown ?? this.#room.refuseShards(this.#wishes.all, shards);
    if (refusal) return err(refusal);
    this.#settings.setFeed(shards, weights);
    return ok(await this.#apply());
  }

  async drain(when: Drain["when"] | null): Promise<Result<BrokerView, ApiError>> {
    this.#settings.setBrokerDrain(when, Date.now());
    return ok(await this.#apply());
  }

  async drainShard(
    shard: number,
    when: Drain["when"] | null,
  ): Promise<Result<BrokerView, ApiError>> {
    const drains = this.#settings.drainsWith(shard, when, Date.now());
    const refusal = this.#room.refuseDrains(this.#wishes.all, shard, drains);
    if (refusal) return err(refusal);
    this.#settings.setShardDrains(drains);
    return ok(await this.#apply());
  }

  async learnLimit(lesson: LearnedLimit): Promise<BrokerLimits> {
    if (this.#settings.learn(lesson)) {
      this.#log("warn", "limit_learned", { ...lesson });
      // Not awaited: the shard that tells it is the one to be given its new assignment.
      this.ctx.waitUntil(this.#apply());
    }
    return this.#settings.limits;
  }

  async forgetLimits(): Promise<BrokerView> {
    this.#settings.forgetLearned();
    return this.#apply();
  }

  async openConnection(_shard: string): Promise<ConnectionGrant> {
    const waitMs = this.#connects.take(Date.now());
    return { epoch: this.#storage.next("epoch"), waitMs, limits: this.#settings.limits };
  }

  async report(report: ShardReport): Promise<void> {
    if (this.#plan.learn(report)) await this.#push();
  }

  async instruments(): Promise<Instrument[]> {
    return [...(await this.#master.have()).values()];
  }

  async quotes(instruments: InstrumentId[]): Promise<TickView[]> {
    return quotesOf(instruments, this.#plan, (number) => this.#shard(number));
  }

  candles(request: history.HistoryRequest): ReturnType<BrokerManagerPort["candles"]> {
    return history.historyOf(request, this.#sources);
  }

  candleBase(request: history.HistoryRequest): ReturnType<BrokerManagerPort["candleBase"]> {
    return history.candleBaseOf(request, this.#sources);
  }

  trades(request: history.TradesRequest): ReturnType<BrokerManagerPort["trades"]> {
    return history.tradesOf(request, this.#sources);
  }

  async keepCandles(batch: OwnCandles): Promise<void> {
    this.#sources.own.keep(batch, Date.now());
  }

  async view(): Promise<BrokerView> {
    const [feed, line] = await Promise.all([
      feedViewOf(this.#broker, this.#room, this.#wishes, (number) => this.#shard(number)),
      orderLine(isTradedAt(this.#broker) ? orderGateway(this.env, this.#account) : null),
    ]);
    return { ...feed, ...line, session: this.#session.view() };
  }

  async quality(): Promise<QualityView[]> {
    return (await Promise.all(this.#shards().map(({ shard }) => shard.quality()))).flat();
  }

  async cleaning(instruments: InstrumentId[]): Promise<Result<CleaningView[], ApiError>> {
    return this.#terms.views(instruments);
  }

  async setCleaning(
    instrument: InstrumentId,
    settings: CleaningSettings | null,
  ): Promise<Result<CleaningView, ApiError>> {
    return this.#terms.set(instrument, settings);
  }

  async feedTerms(instruments: InstrumentId[]): Promise<FeedTerms[]> {
    return this.#terms.of(instruments);
  }

  async ensure(): Promise<void> {
    // Whoever needs the session next finds it there, and a sleeping one that ends is renewed.
    await this.#session.grant();
    if (this.#plan.isIdle) return;
    await this.#arm();
    await ensureShards(this.#shards(), this.#log);
  }

  override async alarm(): Promise<void> {
    await this.#session.look();
    if (this.#plan.isIdle) return this.#session.arm();
    await this.ctx.storage.setAlarm(Date.now() + WATCHDOG_INTERVAL_MS);
    this.#session.arm();
    if (this.#room.closeAfterHours([...this.#planned().keys()], (id) => this.#isOpen(id)))
      this.#plan.want(this.#planned(), this.#settings);
    await this.#plan.pushAll();
    await this.ensure();
    await this.#master.refreshWhenOld(Date.now());
    await this.#preOpen.look(Date.now());
  }

  #shards() {
    return shardsOf(this.#plan, (number) => this.#shard(number));
  }

  #isOpen(id: InstrumentId): boolean {
    return this.#clients.feed.rules.calendarAlwaysOpen || this.#master.isOpen(id, Date.now());
  }

  /** What is to be planned: everything wanted, and nothing of a broker that has closed. */
  #planned(): ReadonlyMap<InstrumentId, Wanted> {
    return this.#settings.brokerDrain?.isClosed ? new Map() : this.#wishes.all;
  }

  async #carryOut(asked: readonly InstrumentId[]): Promise<DeclareAnswer> {
    this.#plan.want(this.#planned(), this.#settings);
    await this.#push();
    return {
      instruments: asked.map((instrument) => ({
        instrument,
        state: this.#plan.isLive(instrument) ? "live" : "pending",
      })),
    };
  }

  /** Plans anew by the settings as they are now. */
  async #apply(): Promise<BrokerView> {
    await this.#carryOut([]);
    return this.view();
  }

  #shard(number: number) {
    return feedShard(this.env, this.#plan.shardName(number));
  }

  async #push(): Promise<void> {
    await this.#arm();
    await this.#plan.push();
    if (this.#plan.hasFailed) await this.ctx.storage.setAlarm(Date.now() + OBJECT_RETRY_MS);
  }

  async #arm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + WATCHDOG_INTERVAL_MS);
  }
}
