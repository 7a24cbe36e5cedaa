/**
 * One broker connection for all who want its ticks. A thin shell: the connection, the tick path and the
 * links to consumers stand in their own files; here they meet storage, alarms and the manager.
 */
import { DurableObject } from "cloudflare:workers";
import { HeldSession } from "../src/application/held-session.ts";
import type {
  FeedShardPort,
  FeedTerms,
  Release,
  SessionGrant,
  ShardAssignment,
  ShardReport,
} from "../src/application/ports.ts";
import type { FeedMessage } from "../src/brokers/broker.ts";
import type { ShardView } from "../src/contract/brokers.ts";
import type { TickView } from "../src/contract/market.ts";
import type { QualityView } from "../src/contract/quality.ts";
import type { CandlePart } from "../src/domain/candle-builder.ts";
import type { LearnedLimit } from "../src/domain/broker-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { logger } from "../src/platform/logger.ts";
import { brokerManager } from "../src/platform/objects.ts";
import { TickBook } from "./feed-shard.book.ts";
import { dialConsumer, liveStatus } from "./feed-shard.consumer.ts";
import { shardFeed } from "./feed-shard.feed.ts";
import { dueSince } from "./feed-shard.freshness.ts";
import { wasEvicted } from "./feed-shard.hand-over.ts";
import { goLive, isToldLive } from "./feed-shard.held.ts";
import { type ShardHealth, shardHealth } from "./feed-shard.health.ts";
import { type ShardHistory, shardHistory } from "./feed-shard.history.ts";
import { Links } from "./feed-shard.links.ts";
import { type ShardQuality, shardQuality } from "./feed-shard.quality.ts";
import { FeedNews } from "./feed-shard.news.ts";
import { bringsPrices } from "./feed-shard.probe.ts";
import { Reporter, reportOf } from "./feed-shard.reporter.ts";
import { ShardStatus } from "./feed-shard.status.ts";
import { interestOf } from "./feed-shard.interest.ts";
import { FeedShardStorage } from "./feed-shard.storage.ts";
import type { Standby } from "./feed-shard.standby.ts";
import { Upstream } from "./feed-shard.upstream.ts";
import { pause } from "./feed-shard.waiting.ts";

/** Answers that do not come are looked for, and the tick rate is measured, this often. */
const HOUSEKEEPING_MS = 1_000;

export class FeedShard extends DurableObject<Env> implements FeedShardPort {
  readonly #storage: FeedShardStorage;
  readonly #shard: string;
  readonly #book: TickBook;
  readonly #links: Links;
  readonly #upstream: Upstream;
  readonly #history: ShardHistory;
  readonly #quality: ShardQuality;
  readonly #reporter: Reporter;
  readonly #health: ShardHealth;
  readonly #news: FeedNews;
  readonly #log;
  #assignment: ShardAssignment | null;
  #housekeeping: number | null = null;
  readonly #status = new ShardStatus();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#storage = new FeedShardStorage(ctx.storage);
    this.#shard = ctx.id.name ?? "";
    const [broker = ""] = this.#shard.split(":");
    this.#log = logger({ object: "FeedShard", name: this.#shard });
    const owner = brokerManager(env, broker);
    const session = new HeldSession({ owner, now: () => Date.now(), log: this.#log });
    const feed = shardFeed(env, this.#shard, session, this.#log);
    this.#book = new TickBook(broker, ({ instrument }) => {
      const now = Date.now();
      this.#confirmed(this.#upstream.confirm([instrument], now), now);
    });
    this.#news = new FeedNews(this.#book.held, () => this.#links, this.#log);
    this.#history = shardHistory(env, this.#shard, this.#book, this.#log, () => this.#links);
    this.#reporter = new Reporter(
      () => brokerManager(env, broker).report(this.#report()),
      this.#log,
    );
    this.#links = new Links(this.#book, {
      dial: (consumer) => dialConsumer(env, this.#shard, consumer),
      listen: (socket) => this.#history.listen(socket),
      changed: () => this.#reporter.soon(),
      feedState: () => this.#news.state,
      provider: broker,
      log: this.#log,
    });
    const host = {
      held: this.#book.held,
      grant: () => brokerManager(env, broker).openConnection(this.#shard),
      learn: (lesson: LearnedLimit) => brokerManager(env, broker).learnLimit(lesson),
      opened: (epoch: number) => this.#opened(epoch),
      message: (message: FeedMessage, now: number) => this.#message(message, now),
      lost: (reason: string, now: number) => this.#lost(reason, now),
      dueSince: (now: number) => dueSince(this.#book.held.values(), now),
      confirmed: (instruments: readonly InstrumentId[], now: number) =>
        this.#confirmed(instruments, now),
      alarmed: (instruments: InstrumentId[], reason: string) =>
        this.#news.alarm(instruments, reason),
      goOn: (epoch: number, standby: Standby) => this.#goOn(epoch, standby),
    };
    this.#upstream = new Upstream(feed, session, host, this.#log);
    this.#quality = shardQuality(env, this.#shard, this.#book, this.#log, {
      feed,
      tell: (status) => this.#links.tellStatus(status),
      clockSet: (exchangeTime) => this.#history.forgetLaterThan(exchangeTime),
      ask: (messages) => this.#upstream.line.subscriber.ask(messages),
    });
    const { connection } = this.#upstream.line;
    const { dataAt } = Object.assign(connection, this.#storage.checkpoint());
    this.#health = shardHealth(env, this.#shard, this.#book, this.#upstream, this.#log);
    this.#assignment = this.#storage.assignment();
    if (this.#assignment) this.#hold(this.#assignment);
    if (dataAt !== null) for (const held of this.#book.held.values()) wasEvicted(held, dataAt);
  }

  async assign(assignment: ShardAssignment): Promise<ShardReport> {
    if (assignment.version > (this.#assignment?.version ?? 0)) {
      this.#assignment = assignment;
      this.#storage.saveAssignment(assignment);
      this.#hold(assignment);
    }
    await this.ensure();
    return this.#report();
  }

  async release(instruments: InstrumentId[]): Promise<Release[]> {
    const now = Date.now();
    const answer = instruments.map((instrument) => this.#book.release(instrument, now));
    this.#storage.release(answer);
    this.#history.release(instruments);
    // What was delivered must have arrived before the other shard goes on.
    await this.#links.settle();
    return answer;
  }

  async quotes(instruments: InstrumentId[]): Promise<TickView[]> {
    return this.#quality.quotes(instruments, Date.now());
  }

  async candles(instrument: InstrumentId, interval: "1s" | "1m"): Promise<CandlePart[]> {
    return this.#history.parts(instrument, interval);
  }

  async view(): Promise<ShardView> {
    return this.#status.view({
      shard: this.#shard,
      book: this.#book,
      links: this.#links,
      line: this.#upstream.line,
      history: this.#history,
    });
  }

  async quality(): Promise<QualityView[]> {
    return this.#quality.view(Date.now());
  }

  async learnTerms(terms: FeedTerms[]): Promise<void> {
    this.#quality.learn(terms);
  }

  async learnSession(grant: SessionGrant): Promise<void> {
    this.#upstream.learnSession(grant);
  }

  async flows(generation: number): Promise<boolean> {
    return this.#upstream.flows(generation);
  }

  bringsPrices(instruments: InstrumentId[]): Promise<boolean> {
    const ask = (asked: readonly InstrumentId[]) => this.#upstream.askAgain(asked);
    return bringsPrices({ held: this.#book.held, ask, pause }, instruments);
  }

  async replaceLine(reason: string): Promise<void> {
    this.#upstream.line.connection.replace(reason);
  }

  async ensure(): Promise<void> {
    if (this.#book.held.size === 0) return this.#stop();
    this.#health.start();
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + WATCHDOG_INTERVAL_MS);
    this.#upstream.ensure(Date.now());
  }

  override async alarm(): Promise<void> {
    if (this.#book.held.size === 0) return this.#stop();
    await this.ctx.storage.setAlarm(Date.now() + WATCHDOG_INTERVAL_MS);
    this.#upstream.ensure(Date.now());
    this.#quality.askForTerms();
    this.#checkpoint(this.#upstream.line.connection.dataAt);
  }

  /** Makes the book, the subscriptions and the links what the assignment says. */
  #hold(assignment: ShardAssignment): void {
    const now = Date.now();
    this.#book.assign(assignment.instruments, this.#storage.released(), now, (lost) =>
      this.#history.tellLost(lost, now, "it moved between connections, and neither had all of it"),
    );
    this.#quality.assign(assignment.instruments);
    const { wishes, interest } = interestOf(assignment);
    this.#upstream.want(wishes, now);
    this.#links.set(interest);
    this.#links.flushSoon(now);
  }

  #opened(epoch: number): void {
    this.#book.openEpoch(epoch);
    this.#quality.opened();
    this.#housekeeping ??= setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#news.feed("connected", "the broker's connection is open");
  }

  /** Another socket delivers from here on. Where the one before had brought all, nothing is told. */
  #goOn(epoch: number, standby: Standby): void {
    const now = Date.now();
    const lost = standby.giveUp(now);
    this.#history.tellLost(lost, now, "the connection of the session before lagged behind");
    this.#book.openEpoch(epoch);
    this.#book.goOn(standby);
    this.#quality.goOn(standby.books);
    this.#links.flushSoon(now);
  }

  #lost(reason: string, now: number): void {
    this.#book.lose(this.#upstream.line.connection.dataAt ?? now);
    this.#news.feed("disconnected", reason);
    this.#reporter.soon();
  }

  #message(message: FeedMessage, now: number): void {
    switch (message.kind) {
      case "updates":
        this.#status.arrived(message.updates, now);
        for (const update of message.updates) this.#book.take(update, now);
        this.#links.flushSoon(now);
        return;
      case "subscribed":
      case "unsubscribed":
      case "refused":
        return this.#upstream.line.answers.take(message, now);
      case "books":
        return this.#quality.takeBooks(message.books, now);
      case "heartbeat":
        return this.#quality.heard(message, now);
      case "session_expired":
        return;
    }
  }

  #confirmed(instruments: readonly InstrumentId[], now: number): void {
    const held = instruments.flatMap((instrument) => this.#book.held.get(instrument) ?? []);
    if (held.length === 0) return;
    this.#history.tellLost(held, now, "the broker's connection was down");
    for (const one of held) goLive(one, now);
    this.#links.tellStatus(liveStatus(held.filter(isToldLive).map(({ instrument }) => instrument)));
    this.#links.flushSoon(now);
    this.#reporter.soon();
    // From now on an eviction loses data: the first checkpoint does not wait for the watchdog.
    if (this.#storage.checkpoint().dataAt === null) this.#checkpoint(Date.now());
  }

  #checkpoint(dataAt: number | null): void {
    this.#storage.saveCheckpoint(dataAt, this.#upstream.line.connection.reconnects);
  }

  #keepHouse(): void {
    const now = Date.now();
    this.#status.beat(this.#book.ticks, this.#links, now);
    this.#news.alarm(this.#upstream.beat(now), "the broker did not answer");
    this.#history.beat(now);
    if (this.#quality.beat(now)) this.#links.flushSoon(now);
  }

  #stop(): void {
    this.#upstream.stop(Date.now());
    if (this.#housekeeping !== null) clearInterval(this.#housekeeping);
    this.#housekeeping = null;
    this.#history.end();
    this.#status.stop();
  }

  #report(): ShardReport {
    return reportOf(this.#shard, this.#assignment, this.#book, this.#links);
  }
}
