/** Which closed day is to be compared next: pure, from the reports that there are. */
import {
  REPORT_DAYS_MAX,
  REPORT_DELAY_MS,
  REPORT_LATE_MS,
  REPORT_RETRY_MS,
} from "../report-limits.ts";
import { tradingDay } from "../risk/state.ts";

const DAY_MS = 86_400_000;

export interface DayRun {
  isFailed: boolean;
  finishedAt: number;
}

/** The latest trading day that has ended for long enough. */
export const closedDay = (now: number): string => tradingDay(now - REPORT_DELAY_MS - DAY_MS);

/**
 * The latest closed day, and those before it that are made up for; none from before the first of which
 * there is any report. The newest is first: it is what the next wake asks for, and of an older day, which
 * has more to read, a run that fails must not keep it waiting.
 */
export function daysToCompare(first: string | null, now: number): string[] {
  const closed = closedDay(now);
  const from = Date.parse(closed);
  const days = Array.from({ length: REPORT_DAYS_MAX }, (_, back) =>
    tradingDay(from - back * DAY_MS),
  );
  return days.filter((day) => day === closed || (first !== null && day >= first));
}

/** The first of these days that has no report, or one that failed a while ago; null when nothing is due. */
export function dueDay(
  days: readonly string[],
  runs: ReadonlyMap<string, DayRun>,
  now: number,
): string | null {
  const isDue = (day: string): boolean => {
    const run = runs.get(day);
    return !run || (run.isFailed && now - run.finishedAt >= REPORT_RETRY_MS);
  };
  return days.find(isDue) ?? null;
}

/** Whether a day should have been compared long ago. */
export const isLate = (day: string, now: number): boolean =>
  now - Date.parse(day) - DAY_MS - REPORT_DELAY_MS >= REPORT_LATE_MS;
