/**
 * Plans one broker's instruments over its shards, and keeps its limits, its list of instruments and the
 * numbers of its connections. It is not on the tick path: shards push to markets themselves.
 */
import { DurableObject } from "cloudflare:workers";
import { errorText } from "../src/application/log.ts";
import type {
  BrokerManagerPort,
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
import { CANDLE_INTERVAL_MS, type CandleInterval } from "../src/domain/candle.ts";
import type { MarkedCandle } from "../src/domain/candle-join.ts";
import type { CleaningSettings } from "../src/domain/cleaning.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS, WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { dataAccountOf, isTradedAt, SHARDS_DEFAULT } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { feedShard, orderGateway } from "../src/platform/objects.ts";
import { OwnCandleStorage } from "./broker-manager.candles.ts";
import { InstrumentMaster } from "./broker-manager.master.ts";
import { orderLine } from "./broker-manager.order-line.ts";
import { Plan, unionOf, type Wanted } from "./broker-manager.plan.ts";
import * as refusals from "./broker-manager.refusals.ts";
import { BrokerManagerStorage } from "./broker-manager.storage.ts";
import { TermsStorage } from "./broker-manager.terms.ts";

export class BrokerManager extends DurableObject<Env> implements BrokerManagerPort {
  readonly #storage: BrokerManagerStorage;
  readonly #candles: OwnCandleStorage;
  readonly #terms: TermsStorage;
  readonly #broker: string;
  readonly #account: string;
  readonly #clients: MarketDataClients;
  readonly #master: InstrumentMaster;
  readonly #plan: Plan;
  readonly #log;
  readonly #wishes: Map<ConsumerId, FeedWish[]>;
  #pins: Set<InstrumentId>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#broker = ctx.id.name ?? "";
    this.#account = dataAccountOf(this.#broker);
    this.#log = logger({ object: "BrokerManager", name: this.#broker });
    const clients = marketDataClients(env, this.#broker, this.#account);
    assert(clients.ok, `manager ${this.#broker} names no broker`);
    this.#clients = clients.value;
    this.#storage = new BrokerManagerStorage(ctx.storage.sql);
    this.#candles = new OwnCandleStorage(ctx.storage.sql);
    this.#terms = new TermsStorage(ctx.storage.sql, this.#broker);
    this.#wishes = this.#storage.wishes();
    this.#pins = this.#storage.pins();
    this.#master = new InstrumentMaster(
      this.#broker,
      this.#clients.reference,
      this.#storage,
      this.#log,
    );
    this.#plan = new Plan(
      {
        broker: this.#broker,
        account: this.#account,
        shard: (number) => feedShard(env, this.#plan.shardName(number)),
        storage: this.#storage,
        log: this.#log,
      },
      SHARDS_DEFAULT,
    );
    this.#plan.restore(unionOf(this.#wishes, this.#pins));
  }

  async declare(
    consumer: ConsumerId,
    wishes: FeedWish[],
  ): Promise<Result<DeclareAnswer, ApiError>> {
    const instruments = wishes.map(({ instrument }) => instrument);
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return err(unknown);
    const next = new Map(this.#wishes).set(consumer, wishes);
    const wanted = unionOf(next, this.#pins);
    const refusal = this.#overCapacity(wanted.size, this.#plan.shards);
    if (refusal) return err(refusal);
    if (wishes.length > 0) this.#wishes.set(consumer, wishes);
    else this.#wishes.delete(consumer);
    this.#storage.saveWishes(consumer, wishes);
    return ok(await this.#carryOut(wanted, instruments));
  }

  async pin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>> {
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return err(unknown);
    const pins = new Set([...this.#pins, ...instruments]);
    const wanted = unionOf(this.#wishes, pins);
    const refusal = this.#overCapacity(wanted.size, this.#plan.shards);
    if (refusal) return err(refusal);
    return ok(await this.#setPins(pins, wanted, instruments));
  }

  async unpin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>> {
    const unknown = await this.#master.refuseUnknown(instruments);
    if (unknown) return err(unknown);
    const pins = new Set([...this.#pins].filter((pinned) => !instruments.includes(pinned)));
    const wanted = unionOf(this.#wishes, pins);
    return ok(
      await this.#setPins(
        pins,
        wanted,
        instruments.filter((id) => wanted.has(id)),
      ),
    );
  }

  async setShards(shards: number): Promise<Result<BrokerView, ApiError>> {
    const { connectionsMax } = this.#clients.feed.rules;
    if (shards > connectionsMax)
      return err(refusals.tooManyConnections(this.#broker, connectionsMax, shards));
    const wanted = unionOf(this.#wishes, this.#pins);
    const refusal = this.#overCapacity(wanted.size, shards);
    if (refusal) return err(refusal);
    this.#plan.want(wanted, shards);
    await this.#push();
    return ok(await this.view());
  }

  async openConnection(_shard: string): Promise<{ epoch: number }> {
    return { epoch: this.#storage.next("epoch") };
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
    const answers = [...byShard].map(([number, ids]) =>
      feedShard(this.env, this.#plan.shardName(number)).quotes(ids),
    );
    return (await Promise.all(answers)).flat();
  }

  async candles(request: {
    instrument: InstrumentId;
    interval: CandleInterval;
    from: number;
    to: number;
  }): Promise<Result<MarkedCandle[], ApiError>> {
    const { instrument, interval, from, to } = request;
    const tooMany = refusals.tooManyCandles((to - from) / CANDLE_INTERVAL_MS[interval]);
    if (tooMany) return err(tooMany);
    const unknown = await this.#master.refuseUnknown([instrument]);
    if (unknown) return err(unknown);
    const [answer, live] = await Promise.all([
      this.#clients.reference.candles(request),
      this.#plan.liveCandles(instrument, interval === "1s" ? "1s" : "1m"),
    ]);
    if (!answer.ok) return err(refusals.brokerFailed(this.#broker, answer.error));
    return ok(this.#candles.join(request, answer.value, live, Date.now()));
  }

  async keepCandles(batch: OwnCandles): Promise<void> {
    this.#candles.keep(batch, Date.now());
  }

  async view(): Promise<BrokerView> {
    const { rules } = this.#clients.feed;
    const [shards, line] = await Promise.all([
      Promise.all(this.#shards().map(({ shard }) => shard.view())),
      orderLine(isTradedAt(this.#broker) ? orderGateway(this.env, this.#account) : null),
    ]);
    const isExpired = shards.some(({ state }) => state === "session_expired");
    return {
      broker: this.#broker,
      limits: {
        instrumentsPerConnection: rules.instrumentsPerConnectionMax,
        connections: rules.connectionsMax,
        subscribeMessagesPerSecond: rules.subscribeMessagesPerSecond,
      },
      shards,
      wanted: unionOf(this.#wishes, this.#pins).size,
      pinned: [...this.#pins],
      session: { state: isExpired ? "expired" : "valid", expiresAt: null },
      ...line,
    };
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
    await this.#plan.pushAll();
    await this.ensure();
    await this.#master.refreshWhenOld(Date.now());
  }

  #shards() {
    return this.#plan.shardNumbers().map((number) => {
      const name = this.#plan.shardName(number);
      return { name, shard: feedShard(this.env, name) };
    });
  }

  async #carryOut(
    wanted: ReadonlyMap<InstrumentId, Wanted>,
    asked: readonly InstrumentId[],
  ): Promise<DeclareAnswer> {
    this.#plan.want(wanted);
    await this.#push();
    return {
      instruments: asked.map((instrument) => ({
        instrument,
        state: this.#plan.isLive(instrument) ? "live" : "pending",
      })),
    };
  }

  async #setPins(
    pins: Set<InstrumentId>,
    wanted: ReadonlyMap<InstrumentId, Wanted>,
    asked: readonly InstrumentId[],
  ): Promise<DeclareAnswer> {
    this.#pins = pins;
    this.#storage.savePins(pins);
    return this.#carryOut(wanted, asked);
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

  #overCapacity(count: number, shards: number): ApiError | null {
    const { instrumentsPerConnectionMax } = this.#clients.feed.rules;
    if (count <= shards * instrumentsPerConnectionMax) return null;
    return refusals.overCapacity(this.#broker, instrumentsPerConnectionMax, shards, count);
  }
}
