/**
 * When an exchange trades, in its own time zone. Pure: `now` comes in, and the only thing asked of the
 * platform is its time-zone table. An unknown calendar is shut, so that nothing trades by a typing error.
 */

/** Minutes since local midnight. */
interface Hours {
  opens: number;
  closes: number;
}

interface Calendar {
  timeZone: string;
  hours: Hours;
  /** Local dates, `YYYY-MM-DD`, on which a weekday does not trade. */
  holidays: ReadonlySet<string>;
  /** Local dates on which trading ends early. */
  earlyCloses: ReadonlyMap<string, number>;
}

/** One session as it falls on the clock: it trades from `opensAt` (ms since 1970) to just before `closesAt`. */
export interface Session {
  opensAt: number;
  closesAt: number;
}

/** Key of what never closes, such as crypto. */
export const ALWAYS = "always";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const at = (hour: number, minute: number): number => hour * 60 + minute;

/**
 * NSE 2026: circular CMTR71775 of 2025-12-12, and the election day added to it in January. NSE 2027 is
 * not published yet: only what is fixed by date or by Easter. US: the rules of the NYSE. Special
 * sessions and later announcements come with the audited overrides.
 */
const CALENDARS: Readonly<Record<string, Calendar>> = {
  NSE: {
    timeZone: "Asia/Kolkata",
    hours: { opens: at(9, 15), closes: at(15, 30) },
    holidays: new Set([
      "2026-01-15",
      "2026-01-26",
      "2026-03-03",
      "2026-03-26",
      "2026-03-31",
      "2026-04-03",
      "2026-04-14",
      "2026-05-01",
      "2026-05-28",
      "2026-06-26",
      "2026-09-14",
      "2026-10-02",
      "2026-10-20",
      "2026-11-10",
      "2026-11-24",
      "2026-12-25",
      "2027-01-26",
      "2027-03-26",
      "2027-04-14",
    ]),
    earlyCloses: new Map(),
  },
  US: {
    timeZone: "America/New_York",
    hours: { opens: at(9, 30), closes: at(16, 0) },
    holidays: new Set([
      "2026-01-01",
      "2026-01-19",
      "2026-02-16",
      "2026-04-03",
      "2026-05-25",
      "2026-06-19",
      "2026-07-03",
      "2026-09-07",
      "2026-11-26",
      "2026-12-25",
      "2027-01-01",
      "2027-01-18",
      "2027-02-15",
      "2027-03-26",
      "2027-05-31",
      "2027-06-18",
      "2027-07-05",
      "2027-09-06",
      "2027-11-25",
      "2027-12-24",
    ]),
    earlyCloses: new Map([
      ["2026-11-27", at(13, 0)],
      ["2026-12-24", at(13, 0)],
      ["2027-11-26", at(13, 0)],
    ]),
  },
};

export const CALENDAR_IDS: readonly string[] = [ALWAYS, ...Object.keys(CALENDARS)];

/** What never closes is one session without an end. */
const ENDLESS: Session = { opensAt: 0, closesAt: Number.MAX_SAFE_INTEGER };

/** The session that trades at `now` (ms since 1970), or null when the exchange is shut. */
export function sessionAt(calendarId: string, now: number): Session | null {
  if (calendarId === ALWAYS) return ENDLESS;
  const session = sessionOfDay(calendarId, now);
  return session && now >= session.opensAt && now < session.closesAt ? session : null;
}

export const isMarketOpen = (calendarId: string, now: number): boolean =>
  sessionAt(calendarId, now) !== null;

/** The session of the local day that holds `now`, be it before, during or after it; null on a day without one. */
export function sessionOfDay(calendarId: string, now: number): Session | null {
  const calendar = Object.hasOwn(CALENDARS, calendarId) ? CALENDARS[calendarId] : undefined;
  if (!calendar) return null;
  const local = localTime(calendar.timeZone, now);
  if (local.isWeekend || calendar.holidays.has(local.date)) return null;
  // Zones change their clocks at night, so counting back from `now` to the session is exact.
  const midnight = now - local.sinceMidnightMs;
  const closes = calendar.earlyCloses.get(local.date) ?? calendar.hours.closes;
  return {
    opensAt: midnight + calendar.hours.opens * MINUTE_MS,
    closesAt: midnight + closes * MINUTE_MS,
  };
}

/** A close is looked for so many days back: longer than any holiday. */
const CLOSE_DAYS_BACK = 14;

/** When the last session that ended at or before `now` closed; null for what never closes and for a calendar that is not known. */
export function lastCloseBefore(calendarId: string, now: number): number | null {
  for (let days = 0; days <= CLOSE_DAYS_BACK; days += 1) {
    const session = sessionOfDay(calendarId, now - days * DAY_MS);
    if (session && session.closesAt <= now) return session.closesAt;
  }
  return null;
}

interface LocalTime {
  date: string;
  isWeekend: boolean;
  sinceMidnightMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format is slow and its result never changes. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      weekday: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The last minute asked for, by zone: each order asks for the one that it comes in. */
const minutes = new Map<string, { startsAt: number; local: LocalTime }>();

function localTime(timeZone: string, now: number): LocalTime {
  const startsAt = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  let minute = minutes.get(timeZone);
  if (minute?.startsAt !== startsAt)
    minutes.set(timeZone, (minute = { startsAt, local: readLocalTime(timeZone, startsAt) }));
  const { local } = minute;
  return { ...local, sinceMidnightMs: local.sinceMidnightMs + (now - startsAt) };
}

function readLocalTime(timeZone: string, now: number): LocalTime {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(now)) parts[type] = value;
  const seconds = Number(parts["hour"]) * 3_600 + Number(parts["minute"]) * 60;
  return {
    date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
    isWeekend: parts["weekday"] === "Sat" || parts["weekday"] === "Sun",
    sinceMidnightMs:
      (seconds + Number(parts["second"])) * 1_000 + (((now % 1_000) + 1_000) % 1_000),
  };
}
