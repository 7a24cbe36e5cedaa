/**
 * One caller must not take all that an object can serve. Counted per isolate, so it only stops abuse;
 * the rates that matter for orders are the ledger's. Ways out (cancel, kill switch) are never limited.
 */
import { createMiddleware } from "hono/factory";
import {
  API_CALLERS_COUNTED_MAX,
  API_REQUESTS_BURST,
  API_REQUESTS_PER_SECOND,
} from "../../domain/limits.ts";
import type { ApiEnv } from "../context.ts";
import { fail } from "../error-handler.ts";

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** A token bucket: `tokens` refill with time up to the burst, and each request takes one. */
export function takeToken(bucket: Bucket, now: number): { bucket: Bucket; taken: boolean } {
  const elapsedMs = Math.max(0, now - bucket.filledAt);
  const refilled = bucket.tokens + (elapsedMs * API_REQUESTS_PER_SECOND) / 1_000;
  const tokens = Math.min(API_REQUESTS_BURST, refilled);
  const taken = tokens >= 1;
  return { bucket: { tokens: taken ? tokens - 1 : tokens, filledAt: now }, taken };
}

export const rateLimit = () => {
  const buckets = new Map<string, Bucket>();
  return createMiddleware<ApiEnv>(async (c, next) => {
    const { kind, id } = c.get("caller");
    const name = `${kind}:${id}`;
    const now = c.get("now")();
    if (!buckets.has(name) && buckets.size >= API_CALLERS_COUNTED_MAX) buckets.clear();
    const before = buckets.get(name) ?? { tokens: API_REQUESTS_BURST, filledAt: now };
    const { bucket, taken } = takeToken(before, now);
    buckets.set(name, bucket);
    if (!taken)
      throw fail("RATE_LIMITED", `At most ${API_REQUESTS_PER_SECOND} requests a second.`, {
        limit: String(API_REQUESTS_PER_SECOND),
      });
    await next();
  });
};
