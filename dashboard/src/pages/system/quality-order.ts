/** In what order instruments are shown by the quality of their data. Pure. */
import type { QualityState, QualityView } from "../../../../src/contract/quality.ts";

export type QualitySort = "worst" | "instrument" | "age" | "dropped" | "gaps";

const WEIGHTS: Record<QualityState, number> = {
  stale: 4,
  invalid_book: 3,
  unknown: 2,
  fresh: 1,
  closed: 0,
};

export const droppedIn = (row: QualityView): number =>
  Object.values(row.dropped).reduce((sum, count) => sum + count, 0);

const figureOf: Record<QualitySort, (row: QualityView) => number> = {
  // How near an instrument is to being stale decides between equals.
  worst: (row) => WEIGHTS[row.state] + Math.min(0.99, (row.ageMs ?? 0) / row.staleAfterMs / 100),
  instrument: () => 0,
  age: (row) => row.ageMs ?? Infinity,
  dropped: droppedIn,
  gaps: (row) => row.gaps,
};

/** Highest figure first, then by name. */
export const sortQuality = (rows: readonly QualityView[], sort: QualitySort): QualityView[] =>
  [...rows].sort((a, b) => {
    const [first, second] = [figureOf[sort](a), figureOf[sort](b)];
    if (first !== second) return second > first ? 1 : -1;
    return a.instrument.localeCompare(b.instrument);
  });
