/**
 * Plans one broker's instruments over its shards, and keeps its limits, its list of instruments and the
 * numbers of its connections. It is not on the tick path: shards push to markets themselves.
 */
import { DurableObject } from "cloudflare:workers";
import { errorText } from "../src/application/log.ts";
import type {
  BrokerManagerPort,
  ConnectionGrant,
  ConsumerId,
  DeclareAnswer,
  FeedTerms,
  FeedWish,
  OwnCandles,
  ShardReport,
} from "../src/application/ports.ts";
import { marketDataClients, type MarketDataClients } from "../src/brokers/registry.ts";
import type { BrokerView } from "../src/contract/brokers.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { TickView } from "../src/contract/market.ts";
import type { CleaningView, QualityView } from "../src/contract/quality.ts";
import { assert } from "../src/domain/assert.ts";
import type { BrokerLimits, LearnedLimit } from "../src/domain/broker-limits.ts";
import type { MarkedCandle } from "../src/domain/candle-join.ts";
import type { CandleBase } from "../src/domain/candle-series.ts";
import type { CleaningSettings } from "../src/domain/cleaning.ts";
import { ConnectPace } from "../src/domain/connect-pace.ts";
import type { Drain } from "../src/domain/drain.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS, WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { dataAccountOf, isTradedAt, SHARDS_DEFAULT } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { feedShard, orderGateway } from "../src/platform/objects.ts";
import { OwnCandleStorage } from "./broker-manager.candles.ts";
import * as history from "./broker-manager.history.ts";
import { orderLine } from "./broker-manager.order-line.ts";
import { InstrumentMaster } from "./broker-manager.master.ts";
import { Plan } from "./broker-manager.plan.ts";
import { Room } from "./broker-manager.room.ts";
import { FeedSettings } from "./broker-manager.settings.ts";
import { BrokerManagerStorage } from "./broker-manager.storage.ts";
import { TermsStorage } from "./broker-manager.terms.ts";
import { feedViewOf } from "./broker-manager.view.ts";
import { type Wanted, Wishes } from "./broker-manager.wishes.ts";

export class BrokerManager extends DurableObject<Env> implements BrokerManagerPort {
  readonly #storage: BrokerManagerStorage;
  readonly #sources: history.HistorySources;
  readonly #terms: TermsStorage;
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

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#broker = ctx.id.name ?? "";
    this.#account = dataAccountOf(this.#broker);
    this.#log = logger({ object: "BrokerManager", name: this.#broker });
    const clients = marketDataClients(env, this.#broker, this.#account);
    assert(clients.ok, `manager ${this.#broker} names no broker`);
    this.#clients = clients.value;
    this.#storage = new BrokerManagerStorage(ctx.storage.sql);
    this.#terms = new TermsStorage(ctx.storage.sql, this.#broker);
    this.#wishes = new Wishes(this.#storage);
    const { feed, reference } = this.#clients;
    this.#settings = new FeedSettings(this.#storage, feed.rules, SHARDS_DEFAULT);
    this.#master = new InstrumentMaster(this.#broker, reference, this.#storage, this.#log);
    this.#connects = new ConnectPace(feed.rules, Date.now());
    this.#plan = new Plan(
      {
        broker: this.#broker,
        account: this.#account,
        shard: (number) => this.#shard(number),
        storage: this.#storage,
        log: this.#log,
      },
      this.#settings,
    );
    const [plan, own] = [this.#plan, new OwnCandleStorage(ctx.storage.sql)];
    this.#sources = { broker: this.#broker, master: this.#master, reference, plan, own };
    this.#plan.restore(this.#planned());
    this.#room = new Room(this.#broker, this.#settings, this.#plan);
  }

  async declare(
    consumer: ConsumerId,
    wishes: FeedWish[],
  ): Promise<Result<DeclareAnswer, ApiError>> {
    const instruments = wishes.map(({ instrument }) => instrument);
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return err(unknown);
    const next = this.#wishes.allWith(consumer, wishes);
    const refusal = this.#room.refuseWanted(next, this.#wishes.all);
    if (refusal) return err(refusal);
    this.#wishes.set(consumer, wishes);
    return ok(await this.#carryOut(instruments));
  }

  async pin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>> {
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return err(unknown);
    const pins = new Set([...this.#wishes.pins, ...instruments]);
    const refusal = this.#room.refuseWanted(this.#wishes.allPinned(pins), this.#wishes.all);
    if (refusal) return err(refusal);
    this.#wishes.setPins(pins);
    return ok(await this.#carryOut(instruments));
  }

  async unpin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>> {
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return err(unknown);
    const gone = new Set(instruments);
    this.#wishes.setPins(new Set([...this.#wishes.pins].filter((pinned) => !gone.has(pinned))));
    const wanted = this.#wishes.all;
    return ok(await this.#carryOut(instruments.filter((id) => wanted.has(id))));
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
    const placed = instruments.filter((instrument) => this.#plan.shardOf(instrument) !== null);
    const byShard = Map.groupBy(placed, (instrument) => this.#plan.shardOf(instrument) ?? 0);
    const answers = [...byShard].map(([number, ids]) => this.#shard(number).quotes(ids));
    return (await Promise.all(answers)).flat();
  }

  async candles(request: history.HistoryRequest): Promise<Result<MarkedCandle[], ApiError>> {
    return history.historyOf(request, this.#sources);
  }

  async candleBase(request: history.HistoryRequest): Promise<Result<CandleBase, ApiError>> {
    return history.candleBaseOf(request, this.#sources);
  }

  async keepCandles(batch: OwnCandles): Promise<void> {
    this.#sources.own.keep(batch, Date.now());
  }

  async view(): Promise<BrokerView> {
    const [feed, line] = await Promise.all([
      feedViewOf(this.#broker, this.#room, this.#wishes, (number) => this.#shard(number)),
      orderLine(isTradedAt(this.#broker) ? orderGateway(this.env, this.#account) : null),
    ]);
    return { ...feed, ...line };
  }

  async quality(): Promise<QualityView[]> {
    return (await Promise.all(this.#shards().map(({ shard }) => shard.quality()))).flat();
  }

  async cleaning(instruments: InstrumentId[]): Promise<Result<CleaningView[], ApiError>> {
    const unknown = await this.#master.refuseUnknown(instruments);
    return unknown ? err(unknown) : ok(instruments.map((id) => this.#terms.view(id)));
  }

  async setCleaning(
    instrument: InstrumentId,
    settings: CleaningSettings | null,
  ): Promise<Result<CleaningView, ApiError>> {
    const unknown = await this.#master.refuseUnknown([instrument]);
    if (unknown) return err(unknown);
    this.#terms.set(instrument, settings);
    const terms = await this.feedTerms([instrument]);
    // A shard that cannot be reached now asks for its terms itself, by its watchdog.
    await Promise.allSettled(this.#shards().map(({ shard }) => shard.learnTerms(terms)));
    return ok(this.#terms.view(instrument));
  }

  async feedTerms(instruments: InstrumentId[]): Promise<FeedTerms[]> {
    const { calendarAlwaysOpen } = this.#clients.feed.rules;
    return this.#terms.terms(instruments, await this.#master.have(), calendarAlwaysOpen);
  }

  async ensure(): Promise<void> {
    if (this.#plan.isIdle) return;
    await this.#arm();
    const ensured = this.#shards().map(({ name, shard }) =>
      shard.ensure().catch((error: unknown) => {
        this.#log("warn", "shard_unreachable", { shard: name, reason: errorText(error) });
      }),
    );
    await Promise.all(ensured);
  }

  override async alarm(): Promise<void> {
    if (this.#plan.isIdle) return;
    await this.ctx.storage.setAlarm(Date.now() + WATCHDOG_INTERVAL_MS);
    const { calendarAlwaysOpen } = this.#clients.feed.rules;
    const isOpen = (id: InstrumentId) => calendarAlwaysOpen || this.#master.isOpen(id, Date.now());
    if (this.#room.closeAfterHours([...this.#planned().keys()], isOpen))
      this.#plan.want(this.#planned(), this.#settings);
    await this.#plan.pushAll();
    await this.ensure();
    await this.#master.refreshWhenOld(Date.now());
  }

  #shards() {
    return this.#plan.shardNumbers().map((number) => ({
      name: this.#plan.shardName(number),
      shard: this.#shard(number),
    }));
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
