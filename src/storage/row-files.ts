/** Orders and executions in R2: JSON lines, `tradebook/<kind>/<day>/<first time>-<hash>.ndjson.gz`. */
import type { RowFiles } from "../application/move-rows.ts";
import { assert } from "../domain/assert.ts";
import {
  namesOf,
  packRows,
  unpackRows,
  type MovedRow,
  type RowPart,
  type RowShape,
} from "../domain/moved-rows.ts";
import { readFile, writeFile } from "./archive-files.ts";

export const rowFilesIn = <Row extends MovedRow>(
  bucket: R2Bucket,
  { kind, key }: RowShape<Row>,
): RowFiles<Row> => ({
  async write(day, rows) {
    const [first, last] = [rows[0], rows.at(-1)];
    assert(first && last, "a file without rows");
    const [[firstAt], [lastAt]] = [key(first), key(last)];
    const name = `tradebook/${kind}/${day}/${firstAt}`;
    const file = await writeFile(bucket, name, packRows(rows));
    return { kind, day, firstAt, lastAt, ...namesOf(rows), rows: rows.length, ...file };
  },
});

/** All rows of a listed file. Throws when the file is gone or is not what was written. */
export const rowsInFile = async <Row extends MovedRow>(
  bucket: R2Bucket,
  part: Pick<RowPart, "key" | "sha256">,
): Promise<Row[]> => unpackRows<Row>(await readFile(bucket, part));
