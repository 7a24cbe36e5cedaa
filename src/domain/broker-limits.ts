/**
 * The three limits that decide where an instrument can go, kept apart: as configured for a broker, and
 * as its refusals taught. A broker that refuses the 41st instrument teaches 40. Pure.
 */
export const BROKER_LIMITS = [
  "instrumentsPerConnection",
  "connections",
  "subscribeMessagesPerSecond",
] as const;

export type BrokerLimit = (typeof BROKER_LIMITS)[number];

export type BrokerLimits = Record<BrokerLimit, number>;

export interface LearnedLimit {
  limit: BrokerLimit;
  value: number;
  /** When it was learned, ms since 1970. */
  at: number;
  /** The broker's own words. */
  reason: string;
}

/** The limits to go by: what was learned, where that is lower than what was configured. */
export function limitsInForce(
  configured: BrokerLimits,
  learned: readonly LearnedLimit[],
): BrokerLimits {
  const limits = { ...configured };
  for (const { limit, value } of learned) limits[limit] = Math.min(limits[limit], value);
  return limits;
}

/** What is known after one more lesson; null when it teaches nothing: not lower than known, or nothing at all would go. */
export function learn(
  configured: BrokerLimits,
  learned: readonly LearnedLimit[],
  lesson: LearnedLimit,
): LearnedLimit[] | null {
  const { limit, value } = lesson;
  if (value < 1 || value >= limitsInForce(configured, learned)[limit]) return null;
  return [...learned.filter((other) => other.limit !== limit), lesson];
}
