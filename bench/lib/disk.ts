/** What it costs to be sure that something is on the disk, where the bench keeps its state. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WRITES = 100;
const PAGE_BYTES = 4_096;

/** ms of one `fsync` after a page was written: the middle of many. */
export function fsyncMs(): number {
  const directory = mkdtempSync(join(tmpdir(), "trunkline-disk-"));
  const file = openSync(join(directory, "pages"), "w");
  const page = Buffer.alloc(PAGE_BYTES);
  const times: number[] = [];
  for (let write = 0; write < WRITES; write += 1) {
    writeSync(file, page);
    const began = performance.now();
    fsyncSync(file);
    times.push(performance.now() - began);
  }
  closeSync(file);
  rmSync(directory, { recursive: true, force: true });
  return times.toSorted((a, b) => a - b)[WRITES / 2] ?? 0;
}
