/** A queue as the platform gives it: delayed, at least once, two retries, then the dead-letter queue. */
import type { RetryQueuePort } from "../../../src/application/ports.ts";
import type { OrderRetryMessage } from "../../../src/contract/queue.ts";
import { ORDER_RETRY_DELAY_SECONDS } from "../../../src/domain/limits.ts";
import { retryDelaySeconds, type RetryVerdict } from "../../../src/application/execute-retry.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import type { Trouble } from "./trouble.ts";

const MAX_RETRIES = 2;

const CONSUMER_TIMEOUT_MS = 60_000;

export class SimulatedQueue implements RetryQueuePort {
  consume: ((message: OrderRetryMessage, delivery: number) => Promise<RetryVerdict>) | null = null;
  consumeDead: ((message: OrderRetryMessage) => Promise<unknown>) | null = null;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #trouble: Trouble;

  constructor(timeline: Timeline, random: Random, trouble: Trouble) {
    this.#trouble = trouble;
    this.#timeline = timeline;
    this.#random = random;
  }

  async send(message: OrderRetryMessage): Promise<void> {
    // As when a local runtime dies.
    if (this.#trouble.strikes("messageLost")) return;
    this.#deliver(message, 1, ORDER_RETRY_DELAY_SECONDS[0]);
    if (this.#trouble.strikes("messageTwice"))
      this.#deliver(message, 1, ORDER_RETRY_DELAY_SECONDS[0] + this.#random.between(0, 10));
  }

  /** A consumer that died never answers: its message comes again. */
  #inTime<T>(work: Promise<T> | undefined): Promise<T | undefined> {
    const late = this.#timeline.sleep(CONSUMER_TIMEOUT_MS).then((): never => {
      throw new Error("the consumer died");
    });
    return Promise.race([work, late]);
  }

  #deliver(message: OrderRetryMessage, delivery: number, delaySeconds: number): void {
    this.#timeline.after(delaySeconds * 1_000, () => void this.#consume(message, delivery));
  }

  async #consume(message: OrderRetryMessage, delivery: number): Promise<void> {
    let delaySeconds = retryDelaySeconds(delivery);
    try {
      const verdict = await this.#inTime(this.consume?.(message, delivery));
      if (verdict?.action === "done") return;
      delaySeconds = verdict?.delaySeconds ?? delaySeconds;
    } catch {
      // A consumer that throws gets its message again.
    }
    if (delivery <= MAX_RETRIES) this.#deliver(message, delivery + 1, delaySeconds);
    else this.#deliverDead(message, 1);
  }

  #deliverDead(message: OrderRetryMessage, delaySeconds: number): void {
    this.#timeline.after(delaySeconds * 1_000, () => {
      this.#inTime(this.consumeDead?.(message)).catch(() =>
        this.#deliverDead(message, delaySeconds * 2),
      );
    });
  }
}
