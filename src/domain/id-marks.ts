/**
 * On which days an order may have come whose row has left the tradebook, for four or five bytes an order: its id's
 * hash chooses a row of the index, of which each day has its own, and leaves a mark in it. Two ids of a day may
 * share both: then a file is read in vain, and nothing is told wrong. Pure.
 */
import { crc32 } from "./crc32.ts";

/** Rows of one day: at a hundred thousand orders each has some 24 marks. */
export const MARK_BUCKETS = 4_096;

/** Hex digits of a mark: at a hundred thousand orders a day, one day in some three thousand has it by chance. */
const MARK_DIGITS = 4;

/** Every mark stands behind one, so that none is found across two others. */
const SEPARATOR = ",";

export interface IdMark {
  bucket: number;
  /** As it stands in the index. */
  mark: string;
}

export function idMark(clientOrderId: string): IdMark {
  const hash = crc32(clientOrderId);
  const rest = Math.floor(hash / MARK_BUCKETS) % 16 ** MARK_DIGITS;
  return {
    bucket: hash % MARK_BUCKETS,
    mark: `${SEPARATOR}${rest.toString(16).padStart(MARK_DIGITS, "0")}`,
  };
}

/** What these ids add to the index, by its row. */
export function marksOf(clientOrderIds: readonly string[]): [bucket: number, marks: string][] {
  const byBucket = new Map<number, Set<string>>();
  for (const { bucket, mark } of clientOrderIds.map(idMark)) {
    const marks = byBucket.get(bucket) ?? new Set();
    byBucket.set(bucket, marks.add(mark));
  }
  return [...byBucket].map(([bucket, marks]) => [bucket, [...marks].join("")]);
}
