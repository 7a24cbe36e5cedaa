/**
 * Subscription truth of a shard's broker connection, sent in the broker's batches and at the broker's
 * pace. The rules are in `domain/subscriptions.ts`; here is only what they need of time and a socket.
 */
import type { BrokerLimit } from "../src/domain/broker-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  SUBSCRIBE_ANSWER_BOUND_MS,
  SUBSCRIBE_RETRY_MS,
  UNSUBSCRIBES_UNANSWERED_MAX,
} from "../src/domain/limits.ts";
import * as subscriptions from "../src/domain/subscriptions.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import type { ShardFeed } from "./feed-shard.polling.ts";

const ANSWER_BOUNDS = {
  answerBoundMs: SUBSCRIBE_ANSWER_BOUND_MS,
  retryMs: SUBSCRIBE_RETRY_MS,
  unsubscribesMax: UNSUBSCRIBES_UNANSWERED_MAX,
};

/** The broker's pace is counted in messages of one second. */
const PACE_MS = 1_000;

export class Subscriber {
  readonly #feed: ShardFeed;
  readonly #send: (text: string) => void;
  #state = subscriptions.NO_SUBSCRIPTIONS;
  #isOpen = false;
  #sentAt: number[] = [];
  /** Other messages that wait for their turn at the broker's pace. */
  #asked: string[] = [];
  /** Messages a second: the broker's own limit, until it taught a lower one. */
  pace: number;
  /** Times at which the broker came to hold less than before: something was let go, or the connection was lost. */
  cuts = 0;
  #timer: number | null = null;

  constructor(feed: ShardFeed, send: (text: string) => void) {
    this.#feed = feed;
    this.#send = send;
    this.pace = feed.rules.subscribeMessagesPerSecond;
  }

  get counts(): Record<subscriptions.SubscriptionStatus, number> {
    return subscriptions.countByStatus(this.#state);
  }

  /** The wanted ones that stand so. */
  having(status: subscriptions.SubscriptionStatus): InstrumentId[] {
    const { wanted } = this.#state;
    return [...wanted].filter(([, held]) => held.status === status).map(([id]) => id);
  }

  get queue(): { instruments: number; messages: number } {
    return subscriptions.queueOf(this.#state, this.#feed.rules.subscribeBatchMax);
  }

  /** What the broker holds for this connection, as far as is known. */
  get heldUpstream(): number {
    return subscriptions.heldUpstream(this.#state);
  }

  get sentInSecond(): number {
    return this.#sentAt.length;
  }

  /** Wanted, or not let go of yet: an answer about anything else was never asked for. */
  isAsked(instrument: InstrumentId): boolean {
    return this.#state.wanted.has(instrument) || this.#state.leaving.has(instrument);
  }

  want(wishes: ReadonlyMap<InstrumentId, FeedMode>, now: number): void {
    if ([...this.#state.wanted.keys()].some((instrument) => !wishes.has(instrument)))
      this.cuts += 1;
    this.#state = subscriptions.want(this.#state, wishes, now);
    this.#pump(now);
  }

  /** A new connection: everything wanted is asked for, once. */
  open(now: number): void {
    this.#state = subscriptions.restart(this.#state, now);
    this.cuts += 1;
    this.#isOpen = true;
    this.#pump(now);
  }

  close(now: number): void {
    this.#state = subscriptions.restart(this.#state, now);
    this.cuts += 1;
    this.#isOpen = false;
    this.#asked = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The broker's yes, or a first tick; answers which became confirmed by it. */
  confirm(instruments: readonly InstrumentId[], now: number): InstrumentId[] {
    const step = subscriptions.confirm(this.#state, instruments, now);
    this.#state = step.state;
    return step.confirmed;
  }

  /** The broker's no; answers which became alarmed by it. One for going too fast is only put off. */
  refuse(instruments: readonly InstrumentId[], now: number, limit?: BrokerLimit): InstrumentId[] {
    if (limit === "subscribeMessagesPerSecond") {
      this.#state = subscriptions.requeue(this.#state, instruments);
      return [];
    }
    const isOverLimit = limit === "instrumentsPerConnection";
    const step = subscriptions.refuse(this.#state, instruments, now, isOverLimit);
    this.#state = step.state;
    return step.alarmed;
  }

  /** Sends these too, at the broker's pace; what the connection's end overtakes is not sent. */
  ask(messages: readonly string[]): void {
    this.#asked.push(...messages);
    this.#pump(Date.now());
  }

  dropped(instruments: readonly InstrumentId[], now: number): void {
    this.#state = subscriptions.dropped(this.#state, instruments);
    this.#pump(now);
  }

  /**
   * Looks for answers that did not come; answers which became alarmed by it. Where the data itself
   * shows the mode asked for, no other answer is needed: some brokers give none.
   */
  sweep(
    now: number,
    isFlowing: (instrument: InstrumentId, held: subscriptions.Subscription) => boolean,
  ): InstrumentId[] {
    if (!this.#isOpen) return [];
    const flowing = [...this.#state.wanted].filter(
      ([id, held]) => held.status === "pending" && !held.queued && isFlowing(id, held),
    );
    if (flowing.length > 0)
      this.confirm(
        flowing.map(([id]) => id),
        now,
      );
    const step = subscriptions.sweep(this.#state, now, {
      ...ANSWER_BOUNDS,
      isWaiting: (instrument) => this.#feed.isWaiting?.(instrument) ?? false,
    });
    this.#state = step.state;
    this.#pump(now);
    return step.alarmed;
  }

  #pump(now: number): void {
    if (!this.#isOpen || this.#timer !== null) return;
    const { subscribeBatchMax } = this.#feed.rules;
    this.#sentAt = this.#sentAt.filter((at) => now - at < PACE_MS);
    while (this.#sentAt.length < this.pace) {
      const asked = this.#asked.shift();
      if (asked !== undefined) {
        this.#send(asked);
        this.#sentAt.push(now);
        continue;
      }
      const next = subscriptions.nextBatch(this.#state, subscribeBatchMax, now);
      if (!next) return;
      this.#state = next.state;
      const { op, instruments, mode } = next.batch;
      const messages =
        op === "subscribe"
          ? this.#feed.formatSubscribe(instruments, mode)
          : this.#feed.formatUnsubscribe(instruments);
      for (const text of messages) {
        this.#send(text);
        this.#sentAt.push(now);
      }
    }
    const wait = Math.max(1, PACE_MS - (now - (this.#sentAt[0] ?? now)));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#pump(Date.now());
    }, wait);
  }
}
