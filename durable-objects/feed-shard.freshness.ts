/** How fresh what a shard holds is at one moment: by its cadence and the hours of its market. */
import { type Session, sessionAt } from "../src/domain/calendar.ts";
import { type Freshness, freshnessOf } from "../src/domain/freshness.ts";
import type { HeldInstrument } from "./feed-shard.held.ts";

type Judged = Pick<HeldInstrument, "calendar" | "cadence">;

/** The sessions that trade at one moment: many instruments share a calendar. */
export class Sessions {
  readonly now: number;
  readonly #known = new Map<string, Session | null>();

  constructor(now: number) {
    this.now = now;
  }

  /** Null while it is shut. */
  of(calendar: string): Session | null {
    let session = this.#known.get(calendar);
    if (session === undefined) {
      session = sessionAt(calendar, this.now);
      this.#known.set(calendar, session);
    }
    return session;
  }
}

/** Before its calendar is known, an instrument is not judged: that takes one answer of the manager. */
export const freshnessAt = (
  { calendar, cadence }: Judged,
  sessions: Sessions,
  use?: Parameters<typeof freshnessOf>[3],
): Freshness =>
  calendar === null ? "unknown" : freshnessOf(cadence, sessions.of(calendar), sessions.now, use);

/**
 * Since when data of these is due, ms since 1970: the opening of the session that has traded longest. Null
 * while all their markets are shut. One whose hours are not known says nothing; if that are all, data is due.
 */
export function dueSince(held: Iterable<Judged>, now: number): number | null {
  const sessions = new Sessions(now);
  const known = [...held].flatMap(({ calendar }) => calendar ?? []);
  if (known.length === 0) return 0;
  const opened = known.flatMap((calendar) => sessions.of(calendar)?.opensAt ?? []);
  return opened.length === 0 ? null : Math.min(...opened);
}
