/** How long to wait before the next attempt: exponential, with full jitter, so that many never come back at once. */
export interface BackoffPolicy {
  baseDelayMs: number;
  factor: number;
  maxDelayMs: number;
}

/** The longest wait before attempt `attempt` (0 is the first retry), ms. */
export function backoffCeiling(policy: BackoffPolicy, attempt: number): number {
  return Math.min(policy.maxDelayMs, policy.baseDelayMs * policy.factor ** Math.max(0, attempt));
}

/** The wait before attempt `attempt`, ms: anywhere below its ceiling. `random` is in [0, 1). */
export function backoffDelay(policy: BackoffPolicy, attempt: number, random: number): number {
  return Math.floor(backoffCeiling(policy, attempt) * random);
}
