/**
 * Moves orders and executions of old days from D1 to files. A row leaves D1 only with the file that has it on
 * the list, in one transaction, and only as it was written there, so that a crash between any two steps loses
 * and doubles nothing. What may not go yet stays, and holds up no other.
 */
import { BOOK_RUN_MS } from "../domain/archive-limits.ts";
import type { MovedRow, RowKey, RowPart, RowShape } from "../domain/moved-rows.ts";
import { tradingDay } from "../domain/risk/state.ts";
import { moveInSlices, type MovingState, type Slice } from "./moving.ts";

export interface RowMovingState extends MovingState {
  /** Old rows that the pass has left where they are so far. */
  stayed: number;
}

export interface OldRow<Row> {
  row: Row;
  /** It has ended, is not on the desk, and its days are reconciled. */
  mayGo: boolean;
}

/** One kind of row in D1, and what D1 lists of its files. */
export interface RowsBook<Row extends MovedRow> {
  state(): Promise<RowMovingState>;
  save(state: RowMovingState): Promise<void>;
  /** Rows from before a time (ms since 1970), from the first after a key on, in order; fewer than `limit` are the last. */
  rows(after: RowKey | null, before: number, limit: number): Promise<OldRow<Row>[]>;
  /** Lists the file and deletes exactly these rows as they are in it, all or nothing; again, it changes nothing. */
  move(part: RowPart, rows: readonly Row[], now: number): Promise<void>;
}

export interface RowFiles<Row extends MovedRow> {
  /** Throws unless what is read back is what was written. The same rows again are the same file. */
  write(day: string, rows: readonly Row[]): Promise<RowPart>;
}

export interface MoveRowsPorts<Row extends MovedRow> {
  shape: RowShape<Row>;
  book: RowsBook<Row>;
  files: RowFiles<Row>;
  sliceRows: number;
  /** How long a row stays in D1. Throws where the deployment says it wrongly: then nothing moves, and the state says why. */
  keptMs: () => number;
  now: () => number;
}

/** Goes on with the pass of one kind, or begins that of the closed day. What fails is in the state. */
export const moveRows = <Row extends MovedRow>(
  ports: MoveRowsPorts<Row>,
  closedDay: string,
): Promise<RowMovingState> =>
  moveInSlices({ ...ports, runMs: BOOK_RUN_MS }, closedDay, (state, now) =>
    moveSlice(ports, state, now),
  );

async function moveSlice<Row extends MovedRow>(
  { shape, book, files, sliceRows, keptMs }: MoveRowsPorts<Row>,
  state: RowMovingState,
  now: number,
): Promise<Slice<RowMovingState>> {
  const after = state.afterId === "" ? null : (JSON.parse(state.afterId) as RowKey);
  const seen = await book.rows(after, now - keptMs(), sliceRows);
  const going = seen.filter(({ mayGo }) => mayGo).map(({ row }) => row);
  const days = Map.groupBy(going, (row) => tradingDay(shape.key(row)[0]));
  for (const [day, rows] of days) await book.move(await files.write(day, rows), rows, now);
  const last = seen.at(-1);
  const afterId = last ? JSON.stringify(shape.key(last.row)) : state.afterId;
  const stayed = (after === null ? 0 : state.stayed) + seen.length - going.length;
  return { state: { ...state, afterId, stayed }, isLast: seen.length < sliceRows };
}
