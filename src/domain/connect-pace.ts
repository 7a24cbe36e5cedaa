/** When the next connection may be opened: brokers count connects as they count messages. Pure, reads no clock. */
import { type BucketRate, fullBucket, type TokenBucket } from "./rate-limit.ts";

export class ConnectPace {
  readonly #rate: BucketRate;
  #bucket: TokenBucket;

  /** All connections of an account may be opened at once after a quiet while. */
  constructor(rules: { connectsPerMinute: number; connectionsMax: number }, now: number) {
    this.#rate = { perSecond: rules.connectsPerMinute / 60, burst: rules.connectionsMax };
    this.#bucket = fullBucket(this.#rate, now);
  }

  /** Takes the next turn; answers how long to wait for it, ms. */
  take(now: number): number {
    const { perSecond, burst } = this.#rate;
    // A clock that went back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, now - this.#bucket.at);
    const tokens = Math.min(burst, this.#bucket.tokens + (elapsedMs * perSecond) / 1_000) - 1;
    this.#bucket = { tokens, at: Math.max(this.#bucket.at, now) };
    return tokens >= 0 ? 0 : Math.ceil((-tokens * 1_000) / perSecond);
  }
}
