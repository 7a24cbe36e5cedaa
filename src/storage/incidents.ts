/** What people have to hear of besides dead letters: laid down once, told until somebody takes it on. */
import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Incident } from "../application/reconcile-port.ts";
import type { ApiError } from "../contract/errors.ts";
import type { IncidentDetail, IncidentsQuery, IncidentView } from "../contract/incidents.ts";
import type { Page } from "../contract/primitives.ts";
import { ALERTS_PER_PAGE } from "../domain/alert-limits.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { auditStatement } from "./audit.ts";
import { type Asking, isToldOn, sendsOf, sendView, toldAt } from "./alerts.ts";
import { decodeCursor, olderThan, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { incidents } from "./schema.ts";

export type IncidentRow = typeof incidents.$inferSelect;

/** Takes on what was over before a person did. */
export const RECOVERY = "recovery";

/** Under this name its messages are recorded, so that no order's are mixed with them. */
export const sendsKey = (id: string): string => `incident:${id}`;

/** The same id again changes nothing. */
export async function layDown(book: Database, incident: Incident): Promise<void> {
  await book.insert(incidents).values(incident).onConflictDoNothing();
}

/** What it was about is over: nobody is told of it any more. One that a person has taken on stays theirs. */
export async function closeIncident(book: Database, id: string, at: number): Promise<void> {
  await closing(book, id, RECOVERY, at);
}

/** The same for all whose ids begin so. */
export async function closeIncidents(book: Database, prefix: string, at: number): Promise<void> {
  await book
    .update(incidents)
    .set({ acknowledgedBy: RECOVERY, acknowledgedAt: at })
    .where(
      and(
        isNull(incidents.acknowledgedAt),
        sql`substr(${incidents.id}, 1, ${prefix.length}) = ${prefix}`,
      ),
    );
}

/** The same for one, as a statement, to go with what ended it. */
export const closing = (book: Database, id: string, by: string, at: number) =>
  book
    .update(incidents)
    .set({ acknowledgedBy: by, acknowledgedAt: at })
    .where(and(eq(incidents.id, id), isNull(incidents.acknowledgedAt)));

/** Taken on by nobody and not told to the end by this channel: first what it told nobody of, of that the critical and the newest; then what it told longest ago. */
export async function openIncidents(
  book: Database,
  asking: Asking,
  page: number,
): Promise<IncidentRow[]> {
  const key = [sql`${sendsKey("")} || ${incidents.id}`, sql`${incidents.at}`, asking] as const;
  return book
    .select()
    .from(incidents)
    .where(and(isNull(incidents.acknowledgedAt), isToldOn(...key)))
    .orderBy(
      sql`${toldAt(...key)} NULLS FIRST`,
      sql`${incidents.severity} = 'critical' DESC`,
      desc(incidents.at),
      desc(incidents.id),
    )
    .limit(ALERTS_PER_PAGE)
    .offset(page * ALERTS_PER_PAGE);
}

const cursorKey = z.tuple([z.number(), z.string()]);

/** Newest first, each with what became of its messages. */
export async function incidentsPage(
  book: Database,
  query: IncidentsQuery,
): Promise<Result<Page<IncidentView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const { at, id, acknowledgedAt } = incidents;
  const { open } = query;
  const rows = await book
    .select()
    .from(incidents)
    .where(
      and(
        open === undefined ? undefined : open ? isNull(acknowledgedAt) : isNotNull(acknowledgedAt),
        olderThan([at, id], after.value),
      ),
    )
    .orderBy(desc(at), desc(id))
    .limit(query.limit + 1);
  return ok(
    pageFrom(
      rows,
      query.limit,
      (row) => [row.at, row.id],
      (row) => row,
    ),
  );
}

/** With its messages; null when there is none of this id. */
export async function incidentDetail(book: Database, id: string): Promise<IncidentDetail | null> {
  const [row] = await book.select().from(incidents).where(eq(incidents.id, id));
  if (!row) return null;
  return { ...row, sends: (await sendsOf(book, [sendsKey(id)])).map(sendView) };
}

/** Takes it on for somebody, once: whoever came first stays. */
export async function acknowledgeIncident(
  book: Database,
  id: string,
  by: string,
  now: number,
): Promise<void> {
  await book.batch([
    closing(book, id, by, now),
    auditStatement(book, {
      at: now,
      by,
      action: "incident_acknowledge",
      subject: id,
      before: null,
      after: null,
      reason: null,
    }),
  ]);
}
