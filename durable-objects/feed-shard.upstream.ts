/**
 * A shard's way to its broker: the line that delivers and, while a session is renewed, a second one beside
 * it that takes over once it has all that the first one has. Where the broker takes no second one, or the
 * first ends before, the line is made anew and its gap is told.
 */
import type { HeldSession } from "../src/application/held-session.ts";
import type { Log } from "../src/application/log.ts";
import type { SessionGrant } from "../src/application/ports.ts";
import type { FeedMessage } from "../src/brokers/broker.ts";
import { CHANGE_OVER_SETTLE_MS } from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import type { HeldInstrument } from "./feed-shard.held.ts";
import { Line, type LineHost } from "./feed-shard.line.ts";
import type { ShardFeed } from "./feed-shard.polling.ts";
import { Standby } from "./feed-shard.standby.ts";

export interface UpstreamHost {
  held: ReadonlyMap<InstrumentId, HeldInstrument>;
  grant: LineHost["grant"];
  learn: LineHost["learn"];
  opened(epoch: number): void;
  message(message: FeedMessage, now: number): void;
  lost(reason: string, now: number): void;
  dueSince: LineHost["dueSince"];
  /** Became confirmed on the line that delivers. */
  confirmed(instruments: readonly InstrumentId[], now: number): void;
  alarmed(instruments: InstrumentId[], reason: string): void;
  /**
   * Another socket delivers from now on, under this epoch: what it brought after the last update taken comes
   * first. What the one before is still behind with is lost.
   */
  goOn(epoch: number, standby: Standby): void;
}

/** A line that is to take the place of the present one. */
interface Successor {
  line: Line;
  standby: Standby;
  /** When it was dialled, ms since 1970. */
  begunAt: number;
  /** Since when all that ticks is confirmed on it, ms since 1970. */
  readyAt: number | null;
}

export class Upstream {
  readonly #feed: ShardFeed;
  readonly #session: HeldSession;
  readonly #host: UpstreamHost;
  readonly #log: Log;
  #line: Line;
  #next: Successor | null = null;
  #wishes: ReadonlyMap<InstrumentId, FeedMode> = new Map();

  constructor(feed: ShardFeed, session: HeldSession, host: UpstreamHost, log: Log) {
    this.#feed = feed;
    this.#session = session;
    this.#host = host;
    this.#log = log;
    this.#line = this.#newLine();
  }

  /** The line that delivers. */
  get line(): Line {
    return this.#line;
  }

  want(wishes: ReadonlyMap<InstrumentId, FeedMode>, now: number): void {
    this.#wishes = wishes;
    for (const { subscriber } of this.#lines) subscriber.want(wishes, now);
  }

  /** The broker's yes, or a first tick; answers which became confirmed by it. */
  confirm(instruments: readonly InstrumentId[], now: number): InstrumentId[] {
    return this.#line.subscriber.confirm(instruments, now);
  }

  /** Subscribes these once more on the line that delivers, which brings what is last known of each. What is not confirmed yet is being asked for. */
  askAgain(instruments: readonly InstrumentId[]): void {
    const { subscriber } = this.#line;
    const confirmed = new Set(subscriber.having("confirmed"));
    const asked = instruments.filter((instrument) => confirmed.has(instrument));
    for (const [mode, ids] of Map.groupBy(asked, (id) => this.#wishes.get(id) ?? "quote"))
      subscriber.ask(this.#feed.formatSubscribe(ids, mode));
  }

  /** The watchdog. Without a session its owner is asked for one, and no broker. */
  ensure(now: number): void {
    for (const { connection } of this.#lines) {
      if (connection.state === "session_expired") void this.#lookForSession();
      else connection.ensure(now);
    }
  }

  /** The owner of the session says it. The same generation again changes nothing. */
  learnSession(grant: SessionGrant): void {
    if (!this.#session.learn(grant)) return;
    if (grant.kind === "none") this.#endSession(grant.reason);
    else this.#renew();
  }

  /** Whether a price came over a socket of this session's generation. */
  flows(generation: number): boolean {
    return this.#lines.some((line) => line.flows(generation));
  }

  /** Once a second: answers what the broker did not answer, and lets the next line take over when it can. */
  beat(now: number): InstrumentId[] {
    const next = this.#next;
    if (next) {
      // A first tick is as good as the broker's yes: some give no other.
      next.line.subscriber.confirm(next.standby.ticking, now);
      next.line.answers.sweep(NOTHING_HELD, now);
      if (this.#isReady(next, now)) this.#goOnWith(next, now);
    }
    return this.#line.answers.sweep(this.#host.held, now);
  }

  stop(now: number): void {
    for (const line of this.#lines) line.stop(now);
    this.#next = null;
  }

  get #lines(): Line[] {
    return this.#next ? [this.#line, this.#next.line] : [this.#line];
  }

  #newLine(): Line {
    const { grant, learn, dueSince } = this.#host;
    const host: LineHost = {
      grant,
      learn,
      dueSince,
      opened: (line, epoch) => {
        if (line === this.#line) this.#host.opened(epoch);
        line.subscriber.open(Date.now());
      },
      message: (line, message, now) => {
        if (line === this.#line) this.#host.message(message, now);
        else if (line === this.#next?.line) this.#keep(this.#next, message, now);
      },
      lost: (line, reason, now) => this.#lost(line, reason, now),
      turnedAway: (line, reason) => {
        if (line === this.#next?.line)
          this.#startOver(this.#next, `no second connection for the new session: ${reason}`);
      },
      confirmed: (line, instruments, now) => {
        const confirmed = line.subscriber.confirm(instruments, now);
        if (line === this.#line) this.#host.confirmed(confirmed, now);
      },
      alarmed: (line, instruments, reason) => {
        if (line === this.#line) this.#host.alarmed(instruments, reason);
      },
    };
    return new Line(this.#feed, this.#session, host, this.#log);
  }

  /** There is a new session: the socket of the one before goes as soon as another one has taken its place. */
  #renew(): void {
    const { connection } = this.#line;
    if (this.#next) return this.#next.line.connection.renewSession();
    if (connection.state !== "live" || this.#feed.rules.changeOverMs === 0)
      return connection.renewSession();
    const { bookChecksum } = this.#feed;
    const standby = new Standby(this.#host.held, { checksum: bookChecksum ?? null });
    const now = Date.now();
    this.#next = { line: this.#newLine(), standby, begunAt: now, readyAt: null };
    this.#next.line.subscriber.want(this.#wishes, now);
    this.#next.line.connection.ensure(now);
  }

  /** A new session that failed before it delivered leaves the old socket for as long as the broker does. */
  #endSession(reason: string): void {
    if (!this.#next) return this.#line.connection.endSession(reason);
    this.#next.line.stop(Date.now());
    this.#next = null;
  }

  /** What the owner said may have been lost on the way. */
  async #lookForSession(): Promise<void> {
    const { ok } = await this.#session.current();
    if (!ok) return;
    for (const { connection } of this.#lines)
      if (connection.state === "session_expired") connection.renewSession();
  }

  #lost(line: Line, reason: string, now: number): void {
    if (line === this.#line) {
      if (this.#next) return this.#startOver(this.#next, reason);
      line.subscriber.close(now);
      this.#host.lost(reason, now);
    } else if (line === this.#next?.line) {
      line.subscriber.close(now);
      this.#next.standby.clear();
      this.#next.readyAt = null;
    }
  }

  #keep({ line, standby }: Successor, message: FeedMessage, now: number): void {
    switch (message.kind) {
      case "updates":
        for (const update of message.updates) standby.take(update, now);
        return;
      case "books":
        return standby.takeBooks(message.books, now);
      case "subscribed":
      case "unsubscribed":
      case "refused":
        return line.answers.take(message, now);
      case "heartbeat":
      case "session_expired":
        return;
    }
  }

  /** All that ticks on the first is confirmed on the second, data flows there, and nothing is left behind. */
  #isReady(next: Successor, now: number): boolean {
    const { connection, subscriber } = next.line;
    // Where the first one is as quiet, the market is: nothing is owed then.
    const isQuiet = (this.#line.connection.dataAt ?? 0) < (connection.connectedAt ?? Infinity);
    const ticking = [...this.#host.held.values()].filter(({ isLive }) => isLive);
    const confirmed = new Set(subscriber.having("confirmed"));
    const hasAll =
      connection.state === "live" &&
      (connection.hasData || isQuiet) &&
      ticking.every(({ instrument }) => confirmed.has(instrument));
    next.readyAt = hasAll ? (next.readyAt ?? now) : null;
    if (next.readyAt === null) return false;
    const { hasOverlap, behind } = next.standby;
    if (hasOverlap) return true;
    // One that lags brings the rest yet: it is listened to for nearly as long as its broker lets it live.
    const lagMs = behind.length === 0 ? 0 : this.#feed.rules.changeOverMs - CHANGE_OVER_SETTLE_MS;
    return now - next.readyAt >= CHANGE_OVER_SETTLE_MS && now - next.begunAt >= lagMs;
  }

  #goOnWith({ line, standby }: Successor, now: number): void {
    this.#putInPlace(line, now);
    this.#tellStanding(line, now);
    const behind = standby.behind.length;
    this.#host.goOn(line.connection.epoch, standby);
    this.#log("info", "session_changed_over", { generation: line.generation, behind });
  }

  /** The first line is gone before the second one had all: what came on the second meanwhile is in the gap. */
  #startOver({ line }: Successor, reason: string): void {
    const now = Date.now();
    // Told while the first one is still the line: the gap begins with its last data.
    this.#host.lost(reason, now);
    this.#putInPlace(line, now);
    if (line.connection.state !== "live") return;
    this.#host.opened(line.connection.epoch);
    this.#tellStanding(line, now);
  }

  /** What the broker answered on a line before it delivered is news now. */
  #tellStanding({ subscriber }: Line, now: number): void {
    const { held } = this.#host;
    const isNews = (id: InstrumentId) => held.get(id)?.isLive === false;
    this.#host.confirmed(subscriber.having("confirmed").filter(isNews), now);
    const refused = subscriber.having("alarmed").filter(isNews);
    this.#host.alarmed(refused, "the broker does not take it on its new connection");
  }

  #putInPlace(line: Line, now: number): void {
    const before = this.#line;
    this.#line = line;
    this.#next = null;
    line.connection.succeed(before.connection);
    before.stop(now);
  }
}

/** On a line that does not deliver, data says nothing of the mode asked for. */
const NOTHING_HELD: ReadonlyMap<InstrumentId, HeldInstrument> = new Map();
