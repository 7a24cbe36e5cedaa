/**
 * A provider without a stream, made to look like one: a line that asks for quotes at their periods and
 * says what changed. Everything behind it, from epochs to frames, is as with a socket; so it never decides
 * when to connect again, only that a line is lost.
 */
import type { Log } from "../src/application/log.ts";
import type {
  BrokerFailure,
  BrokerFeed,
  FeedMessage,
  QuotePolling,
} from "../src/brokers/broker.ts";
import { backoffCeiling } from "../src/domain/backoff.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { PollPlan, type Turn } from "../src/domain/poll-plan.ts";
import { POLL_BACKOFF, POLL_FAILURES_MAX } from "../src/domain/provider-limits.ts";
import { fullBucket, takeToken, type TokenBucket } from "../src/domain/rate-limit.ts";
import { ok } from "../src/domain/result.ts";

/** A feed as a shard uses it: always with something to open. */
export type ShardFeed = BrokerFeed & {
  /** How often it asks for an instrument now, ms; left out where data comes by itself. */
  pollMs?(instrument: InstrumentId): number;
  /** Wanted, and its first turn to be asked for has not come; left out where a subscribe is sent at once. */
  isWaiting?(instrument: InstrumentId): boolean;
};

/** What the shard says on the line; quotes are asked for one by one. */
type LineRequest = { ask: InstrumentId[] } | { leave: InstrumentId[] };

/** No answer of a broker begins so: what follows is a message of the line itself. */
const OWN = "\u0001";

/** Nothing is asked for twice within an instant, whatever the clock does. */
const STEP_MS_MIN = 1;

const say = (request: LineRequest): string[] => [JSON.stringify(request)];

/** The feed with a line that polls, where it has no stream; the very same one where it has. */
export function polledFeed(feed: BrokerFeed, log: Log): ShardFeed {
  const { polling } = feed;
  if (!polling) return feed;
  // What was learned of an instrument outlives a line that was lost.
  const plan = new PollPlan(polling.costs, polling.rate.perSecond);
  return {
    rules: feed.rules,
    polling,
    open: async () => {
      plan.restart();
      return new PollingLine(polling, plan, log);
    },
    formatSubscribe: (instruments) => say({ ask: [...instruments] }),
    formatUnsubscribe: (instruments) => say({ leave: [...instruments] }),
    parse: (data) =>
      typeof data === "string" && data.startsWith(OWN)
        ? ok(JSON.parse(data.slice(OWN.length)) as FeedMessage)
        : feed.parse(data),
    pollMs: (instrument) => plan.periodMs(instrument),
    isWaiting: (instrument) => plan.isWaiting(instrument),
  };
}

/** The part of a WebSocket that a shard's connection uses. */
class PollingLine extends EventTarget {
  readyState = 0;
  binaryType = "arraybuffer";
  readonly #polling: QuotePolling;
  readonly #plan: PollPlan;
  readonly #log: Log;
  #bucket: TokenBucket;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #underWay = new Set<InstrumentId>();
  /** The last answer to each, and when it was asked for: the next one shows what has changed. */
  readonly #answers = new Map<InstrumentId, { text: string; at: number }>();
  /** Asked for, and not told yet that it is held. */
  readonly #unconfirmed = new Set<InstrumentId>();
  #failures = 0;
  #failedAt = -Infinity;
  #pausedUntil = 0;

  constructor(polling: QuotePolling, plan: PollPlan, log: Log) {
    super();
    this.#polling = polling;
    this.#plan = plan;
    this.#log = log;
    this.#bucket = fullBucket(polling.rate, Date.now());
  }

  accept(): void {
    this.readyState = 1;
  }

  send(text: string): void {
    if (this.readyState !== 1) return;
    const request = JSON.parse(text) as LineRequest;
    if ("leave" in request) {
      this.#forget(request.leave);
      this.#tell({ kind: "unsubscribed", instruments: request.leave });
    } else {
      this.#plan.ask(request.ask);
      for (const instrument of request.ask) {
        this.#unconfirmed.add(instrument);
        // Whoever asks again has no price of it: the next answer is one, though it says nothing new.
        this.#answers.delete(instrument);
      }
    }
    this.#schedule();
  }

  close(code = 1000): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (this.#timer !== null) clearTimeout(this.#timer);
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event("close"), { code })));
  }

  #forget(instruments: readonly InstrumentId[]): void {
    this.#plan.leave(instruments);
    for (const instrument of instruments) {
      this.#answers.delete(instrument);
      this.#unconfirmed.delete(instrument);
    }
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const next = this.#next();
    if (this.readyState !== 1 || next === null) return;
    const now = Date.now();
    const dueAt = Math.max(next.dueAt, this.#pausedUntil);
    this.#timer = setTimeout(() => this.#turn(), Math.max(STEP_MS_MIN, Math.ceil(dueAt - now)));
  }

  #next(): Turn | null {
    return this.#plan.next((instrument) => this.#underWay.has(instrument));
  }

  #turn(): void {
    this.#timer = null;
    const now = Date.now();
    const next = this.#next();
    if (next === null || Math.max(next.dueAt, this.#pausedUntil) > now) return this.#schedule();
    const { rate } = this.#polling;
    const bucket = takeToken(this.#bucket, rate, now);
    if (bucket === null) {
      this.#timer = setTimeout(() => this.#turn(), 1_000 / rate.perSecond);
      return;
    }
    this.#bucket = bucket;
    this.#plan.polled(next.instrument, now);
    void this.#poll(next.instrument, now);
    this.#schedule();
  }

  async #poll(instrument: InstrumentId, at: number): Promise<void> {
    this.#underWay.add(instrument);
    const answer = await this.#polling.poll(instrument);
    this.#underWay.delete(instrument);
    if (this.readyState !== 1) return;
    if (answer.ok) this.#answered(instrument, answer.value, at);
    else this.#failed(instrument, answer.error, at);
    this.#schedule();
  }

  #answered(instrument: InstrumentId, text: string, at: number): void {
    this.#failures = 0;
    if (!this.#plan.isAsked(instrument)) return;
    const before = this.#answers.get(instrument);
    this.#answers.set(instrument, { text, at });
    if (before) this.#plan.learn(instrument, before.text !== text, at - before.at);
    if (this.#unconfirmed.delete(instrument))
      this.#tell({ kind: "subscribed", instruments: [instrument] });
    // An answer that says nothing new is no news, and is counted as none.
    if (before?.text !== text) this.#bring(text);
  }

  #failed(instrument: InstrumentId, { kind, reason }: BrokerFailure, at: number): void {
    if (kind === "refused") {
      this.#forget([instrument]);
      return this.#tell({ kind: "refused", instruments: [instrument], reason });
    }
    if (kind === "session_expired") return this.#tell({ kind: "session_expired", reason });
    // Requests that were under way together fail together: that is one failure.
    if (at <= this.#failedAt) return;
    const now = Date.now();
    this.#failedAt = now;
    const waitMs = backoffCeiling(POLL_BACKOFF, this.#failures);
    this.#failures += 1;
    this.#pausedUntil = now + waitMs;
    this.#log("warn", "poll_failed", {
      instrument,
      kind,
      reason,
      failures: this.#failures,
      waitMs,
    });
    // Whoever is told to go slower is still heard: only silence loses the line.
    if (kind !== "rate_limited" && this.#failures >= POLL_FAILURES_MAX) this.close(1011);
  }

  #tell(message: FeedMessage): void {
    this.#bring(`${OWN}${JSON.stringify(message)}`);
  }

  #bring(data: string): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}
