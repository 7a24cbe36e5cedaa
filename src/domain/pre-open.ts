/**
 * Whether prices come is asked before a market opens, and not found out by its first orders: a line that was
 * quiet all night may be dead, and says so by nothing. Pure; who asks is the broker's manager.
 */
import { sessionOfDay } from "./calendar.ts";
import { PRE_OPEN_MS } from "./feed-limits.ts";

/** A session that is about to open. */
export interface Opening {
  calendar: string;
  /** ms since 1970. */
  opensAt: number;
}

/** The sessions of these calendars that open soon, the next one first. */
export function openingsAhead(calendars: Iterable<string>, now: number): Opening[] {
  const ahead = [...new Set(calendars)].flatMap((calendar) => {
    // Of the day of then: what opens soon may open tomorrow.
    const session = sessionOfDay(calendar, now + PRE_OPEN_MS);
    const opensAt = session?.opensAt ?? now;
    return opensAt > now && opensAt <= now + PRE_OPEN_MS ? [{ calendar, opensAt }] : [];
  });
  return ahead.sort((a, b) => a.opensAt - b.opensAt);
}

/** How one opening stands. */
export interface PreOpenState {
  opensAt: number;
  /** Times that a line was asked and brought nothing. */
  silentLooks: number;
  /** A price came on each line. */
  isProven: boolean;
}

/** What was known of an earlier opening says nothing of this one. */
export const preOpenState = (known: PreOpenState | undefined, opensAt: number): PreOpenState =>
  known?.opensAt === opensAt ? known : { opensAt, silentLooks: 0, isProven: false };

/** What is done, one after the other, for lines that were asked and brought nothing. */
const REMEDIES = ["replace_lines", "sign_in", "tell"] as const;

export type Remedy = (typeof REMEDIES)[number];

/** What follows the `silentLooks`-th of them; null once people know: then it is only asked again. */
export const remedyAfter = (silentLooks: number): Remedy | null =>
  REMEDIES[silentLooks - 1] ?? null;
