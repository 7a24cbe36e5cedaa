/**
 * A page of a list whose rows lie in D1 and in files. D1's rows and the list of files are read in one
 * transaction, so that a row that moves meanwhile is in one of them; files are read newest first, and only
 * those that may have a row of the page.
 */
import { and, desc, eq, gte, lt, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { BOOK_PARTS_LISTED_MAX, BOOK_PARTS_PER_PAGE } from "../domain/archive-limits.ts";
import { assert } from "../domain/assert.ts";
import {
  compareKeys,
  idText,
  latestRows,
  newestFirst,
  type MovedKind,
  type MovedRow,
  type RowKey,
  type RowPart,
  type RowShape,
} from "../domain/moved-rows.ts";
import type { Database } from "./database.ts";
import { rowsInFile } from "./row-files.ts";
import { rowParts } from "./schema.ts";

/** A file has rows of one day. */
const PART_MS = 86_400_000;

/** Which rows are wanted; what no row can change about itself. */
export interface Span {
  algoId?: string | undefined;
  instrument?: string | undefined;
  /** ms since 1970; included. */
  from?: number | undefined;
  /** Not included. */
  to?: number | undefined;
  /** Only rows that are listed after it. */
  after: RowKey | null;
}

export interface MovedPageParts<Row extends MovedRow> {
  shape: RowShape<Row>;
  archive: R2Bucket;
  span: Span;
  limit: number;
  /** D1's own rows of the page, newest first, and one beyond it where there are more. */
  own: readonly Row[];
  /** As `partsQuery` gives them. */
  parts: readonly Pick<RowPart, "key" | "sha256" | "lastAt">[];
  /** What else is asked of a row; this may change in its life. */
  isWanted: (row: Row) => boolean;
  /** The rows that D1 has of these, whatever they have become. */
  current: (rows: readonly Row[]) => Promise<Row[]>;
}

/**
 * Newest first: files that may have a row of the page. `beyond` is a query of the time of D1's own row that
 * comes after the page: of what is older than that, nothing is asked.
 */
export function partsQuery(book: Database, kind: MovedKind, span: Span, beyond: SQLWrapper) {
  const { firstAt, lastAt, algos, instruments } = rowParts;
  const until = Math.min(span.to ?? Infinity, (span.after?.[0] ?? Infinity) + 1);
  return book
    .select({ key: rowParts.key, sha256: rowParts.sha256, lastAt })
    .from(rowParts)
    .where(
      and(
        eq(rowParts.kind, kind),
        sql`${lastAt} >= coalesce((${beyond}), 0)`,
        span.from === undefined ? undefined : gte(lastAt, span.from),
        // The first says it all; the second lets the index begin where the page does.
        until === Infinity ? undefined : and(lt(firstAt, until), lt(lastAt, until + PART_MS)),
        named(algos, span.algoId),
        named(instruments, span.instrument),
      ),
    )
    .orderBy(desc(lastAt), desc(rowParts.key))
    .limit(BOOK_PARTS_LISTED_MAX);
}

/** A name stands in a JSON list in quotes, and no other text of the list holds it so. */
const named = (names: SQLiteColumn, name: string | undefined): SQL | undefined =>
  name === undefined ? undefined : sql`instr(${names}, ${JSON.stringify(name)}) > 0`;

/**
 * The page, and the key after which the next one begins; null where there is none. It is short, or even
 * empty, where as many files as one page reads did not fill it.
 */
export async function movedPage<Row extends MovedRow>(
  asked: MovedPageParts<Row>,
): Promise<{ rows: Row[]; next: RowKey | null }> {
  const { shape, span, limit } = asked;
  const { listed, unread } = await listedRows(asked);
  // Of what is not newer than an unread file, that file may have more.
  const sure = listed.filter((row) => unread === null || shape.key(row)[0] > unread);
  const page = sure.slice(0, limit);
  const last = page.at(-1);
  const rows = await asTheyStand(asked, page);
  if (sure.length > limit && last) return { rows, next: shape.key(last) };
  if (unread === null) return { rows, next: null };
  assert(goesOn(span, unread), "a page that reads no further than the one before");
  return { rows, next: [unread + 1, ""] };
}

/** What D1 and the newest files have, and the time of the last row of the newest file that was not read. */
async function listedRows<Row extends MovedRow>({
  shape,
  archive,
  span,
  limit,
  own,
  parts,
  isWanted,
}: MovedPageParts<Row>): Promise<{ listed: Row[]; unread: number | null }> {
  let known: Row[] = [...own];
  let listed = known;
  for (const [place, part] of parts.entries()) {
    const beyond = listed[limit];
    // Files come newest first: neither this nor a later one has a row that is listed before it.
    if (beyond && shape.key(beyond)[0] > part.lastAt) return { listed, unread: null };
    const isEnough = place >= BOOK_PARTS_PER_PAGE && goesOn(span, part.lastAt);
    if (isEnough || place === BOOK_PARTS_LISTED_MAX - 1) return { listed, unread: part.lastAt };
    const rows = await rowsInFile<Row>(archive, part);
    const asked = rows.filter((row) => isInSpan(shape.key(row), row, span));
    // Of two of one version the first to be read stays last: D1 has the word.
    known = latestRows(shape, [...asked, ...known]);
    listed = newestFirst(shape, known.filter(isWanted));
  }
  return { listed, unread: null };
}

/** Whether a page that begins with what is not newer than this time is a later one than this page. */
const goesOn = ({ after }: Span, at: number): boolean => after === null || at + 1 < after[0];

function isInSpan(key: RowKey, row: MovedRow, span: Span): boolean {
  const [at] = key;
  return (
    (span.algoId === undefined || row.algoId === span.algoId) &&
    (span.instrument === undefined || row.instrument === span.instrument) &&
    (span.from === undefined || at >= span.from) &&
    (span.to === undefined || at < span.to) &&
    (span.after === null || compareKeys(key, span.after) > 0)
  );
}

/** A row that has moved may have come back with news: then the file has what it was, and D1 what it is. */
async function asTheyStand<Row extends MovedRow>(
  { shape, own, isWanted, current }: MovedPageParts<Row>,
  page: Row[],
): Promise<Row[]> {
  const ofD1 = new Set(own.map((row) => idText(shape.key(row))));
  const moved = page.filter((row) => !ofD1.has(idText(shape.key(row))));
  if (moved.length === 0) return page;
  const rows = latestRows(shape, [...page, ...(await current(moved))]);
  return newestFirst(shape, rows.filter(isWanted));
}
