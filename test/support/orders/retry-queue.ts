/** A queue as the platform gives it: delayed, at least once, two retries, then the dead-letter queue. */
import type { RetryQueuePort } from "../../../src/application/ports.ts";
import type { OrderRetryMessage } from "../../../src/contract/queue.ts";
import { ORDER_RETRY_DELAY_SECONDS } from "../../../src/domain/limits.ts";
import type { RetryVerdict } from "../../../src/application/execute-retry.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

const MAX_RETRIES = 2;

export class SimulatedQueue implements RetryQueuePort {
  /** Probability that a message comes a second time. */
  twice = 0;
  /** Probability that a message is lost, as when a local runtime dies. */
  lost = 0;
  consume: ((message: OrderRetryMessage, delivery: number) => Promise<RetryVerdict>) | null = null;
  consumeDead: ((message: OrderRetryMessage) => Promise<unknown>) | null = null;
  readonly #timeline: Timeline;
  readonly #random: Random;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  async send(message: OrderRetryMessage): Promise<void> {
    if (this.#random.chance(this.lost)) return;
    this.#deliver(message, 1, ORDER_RETRY_DELAY_SECONDS[0]);
    if (this.#random.chance(this.twice))
      this.#deliver(message, 1, ORDER_RETRY_DELAY_SECONDS[0] + this.#random.between(0, 10));
  }

  #deliver(message: OrderRetryMessage, delivery: number, delaySeconds: number): void {
    this.#timeline.after(delaySeconds * 1_000, () => void this.#consume(message, delivery));
  }

  async #consume(message: OrderRetryMessage, delivery: number): Promise<void> {
    let delaySeconds = 1;
    try {
      const verdict = await this.consume?.(message, delivery);
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
      this.consumeDead?.(message).catch(() => this.#deliverDead(message, delaySeconds * 2));
    });
  }
}
