/** What people have to hear of besides dead letters. An incident is laid down once, and told once. */
import { and, asc, eq, isNull, lt, sql } from "drizzle-orm";
import type { Incident } from "../application/reconcile-port.ts";
import { ALERT_ATTEMPTS_MAX } from "../domain/limits.ts";
import type { Database } from "./database.ts";
import { incidents } from "./schema.ts";

/** Incidents told in one pass; the rest comes with the next. */
const INCIDENTS_PER_PASS = 20;

/** The same id again changes nothing. */
export async function layDown(book: Database, incident: Incident): Promise<void> {
  await book
    .insert(incidents)
    .values({ ...incident, toldAt: null, attempts: 0 })
    .onConflictDoNothing();
}

/** Not told yet, oldest first; one that every channel refused often enough is given up. */
export async function untold(book: Database): Promise<Incident[]> {
  const { id, at, account, title, message, toldAt, attempts } = incidents;
  return book
    .select({ id, at, account, title, message })
    .from(incidents)
    .where(and(isNull(toldAt), lt(attempts, ALERT_ATTEMPTS_MAX)))
    .orderBy(asc(at))
    .limit(INCIDENTS_PER_PASS);
}

/** Counts a try. `told`: some channel took it. */
export async function recordTelling(
  book: Database,
  id: string,
  told: boolean,
  now: number,
): Promise<void> {
  await book
    .update(incidents)
    .set({ attempts: sql`${incidents.attempts} + 1`, ...(told ? { toldAt: now } : {}) })
    .where(eq(incidents.id, id));
}
