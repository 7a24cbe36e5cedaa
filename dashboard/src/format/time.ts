/** Times and ages in words. `now` is always an argument. */

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const dayOfMonth = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short" });

const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
});

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

export const formatDay = (at: number): string => weekday.format(at);

export const formatClock = (at: number): string => timeOfDay.format(at);

/** The whole truth about a moment, for tooltips. */
export const formatFull = (at: number): string => full.format(at);

/** Clock time on the given day (as `toDateString` writes it), with its date on any other day. */
export function formatMoment(at: number, today: string): string {
  const sameDay = new Date(at).toDateString() === today;
  return sameDay ? timeOfDay.format(at) : `${dayOfMonth.format(at)} ${timeOfDay.format(at)}`;
}

/** From the start of a day on this machine's clock to its end, `2026-11-20` as a date field gives it; nothing of no day. */
export function daySpan(day: string): { from: number; to: number } | Record<string, never> {
  const from = new Date(`${day}T00:00:00`);
  if (Number.isNaN(from.getTime())) return {};
  // Not 24 hours later: a day on which the clock is changed is shorter or longer.
  const to = new Date(from);
  to.setDate(to.getDate() + 1);
  return { from: from.getTime(), to: to.getTime() };
}

const ISO_MOMENT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** A sentence of the platform with its moments on this machine's clock. */
export const withLocalTimes = (text: string, today: string): string =>
  text.replace(ISO_MOMENT, (moment) => formatMoment(Date.parse(moment), today));

/** How long ago: `now`, `12 s`, `4 min`, `3 h`, `2 d`. A clock that runs ahead gives `now`, never a negative age. */
export function formatAge(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return "never";
  const seconds = Math.floor((now - at) / 1_000);
  if (seconds < 1) return "now";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
