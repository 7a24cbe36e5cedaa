/**
 * Orders and executions of old days that leave the tradebook for files: which row is which, how a file is
 * written, and how what was read of several is one list again. A file is lines of JSON, one for each row, in
 * order of time. Pure.
 */

export const MOVED_KINDS = ["orders", "executions"] as const;

export type MovedKind = (typeof MOVED_KINDS)[number];

/** What every row has, whatever it is of. */
export interface MovedRow {
  algoId: string;
  instrument: string;
  /** That wrote the row: of two of the same, the later one stands. */
  ledgerVersion: number;
}

/** Where a row stands in a list: its time (ms since 1970), then what tells it from all others. Never changes. */
export type RowKey = readonly [at: number, ...id: string[]];

export interface RowShape<Row extends MovedRow> {
  kind: MovedKind;
  key: (row: Row) => RowKey;
}

/** A file as the tradebook lists it. */
export interface RowPart {
  kind: MovedKind;
  /** On which its rows came: a file has those of one day. */
  day: string;
  key: string;
  /** Times of its first row and its last, ms since 1970. */
  firstAt: number;
  lastAt: number;
  /** Of whom it has any row, each once. */
  algos: string[];
  instruments: string[];
  rows: number;
  bytes: number;
  /** Of the file's bytes, hex. */
  sha256: string;
}

export const packRows = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** Throws when a line is no JSON. */
export const unpackRows = <Row>(text: string): Row[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);

/** The names of these rows, each once and in order: by them a file is passed over unread. */
export const namesOf = (rows: readonly MovedRow[]): Pick<RowPart, "algos" | "instruments"> => ({
  algos: [...new Set(rows.map(({ algoId }) => algoId))].sort(),
  instruments: [...new Set(rows.map(({ instrument }) => instrument))].sort(),
});

/** Tells a row from all others, without its time. */
export const idText = ([, ...id]: RowKey): string => JSON.stringify(id);

/** Above 0 where `a` is listed after `b`: the newest comes first. */
export function compareKeys(a: RowKey, b: RowKey): number {
  for (const [place, part] of a.entries()) {
    const other = b[place] ?? "";
    if (part !== other) return part < other ? 1 : -1;
  }
  return 0;
}

/** Each row once: as its latest version has it, wherever that was read. */
export function latestRows<Row extends MovedRow>(
  { key }: RowShape<Row>,
  rows: readonly Row[],
): Row[] {
  const latest = new Map<string, Row>();
  for (const row of rows) {
    const id = idText(key(row));
    const known = latest.get(id);
    if (!known || known.ledgerVersion <= row.ledgerVersion) latest.set(id, row);
  }
  return [...latest.values()];
}

export const newestFirst = <Row extends MovedRow>(
  { key }: RowShape<Row>,
  rows: readonly Row[],
): Row[] => rows.toSorted((a, b) => compareKeys(key(a), key(b)));
