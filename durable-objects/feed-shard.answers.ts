/** What the broker answers to subscribes: its yes, its no, and what its no teaches of its limits. */
import { errorText, type Log } from "../src/application/log.ts";
import type { FeedMessage, ParseFailure } from "../src/brokers/broker.ts";
import type { BrokerLimits, LearnedLimit } from "../src/domain/broker-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { Subscription } from "../src/domain/subscriptions.ts";
import { carriesMode } from "../src/domain/tick.ts";
import type { HeldInstrument } from "./feed-shard.held.ts";
import type { Subscriber } from "./feed-shard.subscriber.ts";

type Answer = Extract<FeedMessage, { kind: "subscribed" | "unsubscribed" | "refused" }>;

export interface AnswersHost {
  confirmed(instruments: readonly InstrumentId[], now: number): void;
  alarmed(instruments: InstrumentId[], reason: string): void;
  fault(fault: ParseFailure, now: number): void;
  learn(lesson: LearnedLimit): Promise<BrokerLimits>;
  log: Log;
}

export class Answers {
  readonly #subscriber: Subscriber;
  readonly #host: AnswersHost;
  /** A refusal that shows how much fits, once everything asked for with it has been answered. */
  #lesson: { taught: Omit<LearnedLimit, "value">; cuts: number } | null = null;

  constructor(subscriber: Subscriber, host: AnswersHost) {
    this.#subscriber = subscriber;
    this.#host = host;
  }

  take(answer: Answer, now: number): void {
    const { instruments } = answer;
    if (answer.kind === "refused") return this.#refused(answer, now);
    this.#noteUnasked(instruments, now);
    if (answer.kind === "subscribed") this.#host.confirmed(instruments, now);
    else this.#subscriber.dropped(instruments, now);
  }

  /** Looks for answers that did not come; answers which became alarmed by it. */
  sweep(held: ReadonlyMap<InstrumentId, HeldInstrument>, now: number): InstrumentId[] {
    // On another connection, or with less wanted, what is held does not show what fits: the next refusal does.
    if (this.#lesson?.cuts !== this.#subscriber.cuts) this.#lesson = null;
    if (this.#lesson && this.#subscriber.counts.pending === 0) {
      void this.#learn({ ...this.#lesson.taught, value: this.#subscriber.heldUpstream });
      this.#lesson = null;
    }
    return this.#subscriber.sweep(now, (id, asked) => isFlowing(held.get(id), asked));
  }

  /** An answer about something that was never asked for, or was let go of long ago. */
  #noteUnasked(instruments: readonly InstrumentId[], now: number): void {
    const unasked = instruments.filter((instrument) => !this.#subscriber.isAsked(instrument));
    if (unasked.length === 0) return;
    const reason = "an answer to nothing that was asked";
    const sample = unasked.slice(0, 5).join(", ");
    this.#host.fault({ kind: "out_of_sequence", reason, sample }, now);
  }

  #refused(answer: Extract<Answer, { kind: "refused" }>, now: number): void {
    const { instruments, reason, limit } = answer;
    if (limit === "subscribeMessagesPerSecond")
      void this.#learn({ limit, value: this.#subscriber.sentInSecond - 1, at: now, reason });
    else if (limit)
      this.#lesson = { taught: { limit, at: now, reason }, cuts: this.#subscriber.cuts };
    this.#host.alarmed(this.#subscriber.refuse(instruments, now, limit), reason);
  }

  async #learn(lesson: LearnedLimit): Promise<void> {
    try {
      const limits = await this.#host.learn(lesson);
      this.#subscriber.pace = limits.subscribeMessagesPerSecond;
    } catch (error) {
      // The next refusal teaches it again.
      this.#host.log("warn", "limit_not_told", { ...lesson, reason: errorText(error) });
    }
  }
}

/** Whether data that came since shows what was asked for: some brokers give no other answer. */
function isFlowing(held: HeldInstrument | undefined, asked: Subscription): boolean {
  if (!held?.delivered || held.receivedTime < asked.since) return false;
  return carriesMode(held.delivered, asked.mode);
}
