/** A token bucket as plain data: how long a call must wait for its turn. It reads no clock. */
import { assert } from "./assert.ts";

export interface BucketRate {
  perSecond: number;
  /** Calls that may go at once after a quiet while. At least 1. */
  burst: number;
}

/** `tokens` below 0 are turns already given away to callers that still wait. */
export interface TokenBucket {
  tokens: number;
  /** ms since 1970. */
  at: number;
}

export const fullBucket = (rate: BucketRate, now: number): TokenBucket => ({
  tokens: rate.burst,
  at: now,
});

function refilled(bucket: TokenBucket, rate: BucketRate, now: number): TokenBucket {
  // A clock that went back gives nothing and takes nothing.
  const elapsedMs = Math.max(0, now - bucket.at);
  const tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs * rate.perSecond) / 1_000);
  return { tokens, at: Math.max(bucket.at, now) };
}

const waitMsOf = (tokens: number, rate: BucketRate): number =>
  tokens >= 0 ? 0 : Math.ceil((-tokens * 1_000) / rate.perSecond);

/**
 * Takes one turn. `waitMs` is how long the caller has to wait for it; null when that would be longer
 * than `waitMsMax`, and then no turn is taken: what would go late does not go.
 */
export function takeTurn(
  bucket: TokenBucket,
  rate: BucketRate,
  now: number,
  waitMsMax: number,
): { bucket: TokenBucket; waitMs: number | null } {
  assert(rate.perSecond > 0 && rate.burst >= 1, "a bucket needs a rate above 0 and a burst of 1");
  const present = refilled(bucket, rate, now);
  const taken = { tokens: present.tokens - 1, at: present.at };
  const waitMs = waitMsOf(taken.tokens, rate);
  return waitMs > waitMsMax ? { bucket: present, waitMs: null } : { bucket: taken, waitMs };
}

/** Takes a turn whatever the wait: for a call that must always go, such as a cancel. It delays the others. */
export function forceTurn(bucket: TokenBucket, rate: BucketRate, now: number): TokenBucket {
  const present = refilled(bucket, rate, now);
  return { tokens: present.tokens - 1, at: present.at };
}
