/**
 * How often a provider without a stream is asked for an instrument. Pure.
 *
 * An instrument changes λ times a second, a request costs c, and s is the cost of one change that is
 * not seen yet, for each second that it is not. Polled every T seconds, a change waits T/2 on average,
 * so a second costs
 *
 *     c/T + s·λ·T/2,   whose derivative -c/T² + s·λ/2 is zero at   T* = sqrt(2c / (s·λ)).
 *
 * At T* both halves are equal. The minimum is flat: twice or half of T* costs a quarter more.
 *
 * A provider takes R requests a second at most. Where the instruments together would need more, the
 * limit adds a price μ to each request (Lagrange): T = sqrt(2(c + μ) / (s·λ)), which is T* times one
 * factor for all. So every period is stretched by the same factor, and none is starved.
 *
 * λ is learned. A poll tells only whether anything changed since the one before: with p the chance of
 * that, changes that come independently give p = 1 - exp(-λ·T), so λ = -ln(1 - p) / T. Counting polls
 * that saw a change as single changes would make a busy instrument look slower than it is polled.
 */
import { POLL_MS_MAX, POLL_MS_MIN } from "./provider-limits.ts";

export interface PollCosts {
  /** Of one request. */
  request: number;
  /** Of one change not seen, for each second. */
  staleness: number;
}

/** What was learned of how often an instrument changes. */
export interface ChangeRate {
  /** Share of the polls that saw a change, the newest counting most. */
  seen: number;
  /** Usual time between two polls, ms, weighted alike. */
  periodMs: number;
}

/** Weight of the newest poll: some twenty make a habit. */
const WEIGHT = 0.05;

/**
 * When nearly every poll sees a change, nothing tells three changes a poll from thirty. The estimate is
 * held at four a period; polling faster then tells more.
 */
const SEEN_MAX = 0.98;

/** An instrument nobody has polled yet changes once a second, for all that is known. */
export const UNKNOWN_RATE: ChangeRate = { seen: 1 - Math.exp(-1), periodMs: 1_000 };

const towards = (known: number, news: number): number => known + WEIGHT * (news - known);

/** Takes one poll's answer into account: whether it differed from the one before, `periodMs` ago. */
export function learnChange(rate: ChangeRate, hasChanged: boolean, periodMs: number): ChangeRate {
  return {
    seen: towards(rate.seen, hasChanged ? 1 : 0),
    periodMs: towards(rate.periodMs, periodMs),
  };
}

/** λ: changes a second. */
export const changesPerSecond = ({ seen, periodMs }: ChangeRate): number =>
  (-Math.log(1 - Math.min(seen, SEEN_MAX)) * 1_000) / periodMs;

/** T* in ms, within the bounds of what makes sense at all. */
export function pollPeriodMs(rate: ChangeRate, costs: PollCosts): number {
  const perSecond = changesPerSecond(rate);
  const best = perSecond > 0 ? Math.sqrt((2 * costs.request) / (costs.staleness * perSecond)) : 0;
  return perSecond > 0 ? Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, best * 1_000)) : POLL_MS_MAX;
}

/** The periods of all instruments of a provider, stretched alike to keep its limit of requests. */
export function withinRate(periodsMs: readonly number[], requestsPerSecond: number): number[] {
  const wanted = periodsMs.reduce((sum, periodMs) => sum + 1_000 / periodMs, 0);
  const factor = Math.max(1, wanted / requestsPerSecond);
  return periodsMs.map((periodMs) => periodMs * factor);
}

/** What a second costs at this period, ms: the sum that T* makes smallest. */
export const costPerSecond = (
  periodMs: number,
  perSecond: number,
  { request, staleness }: PollCosts,
): number => (request * 1_000) / periodMs + (staleness * perSecond * periodMs) / 2_000;
