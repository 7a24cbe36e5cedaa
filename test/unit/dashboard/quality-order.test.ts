import { expect, test } from "vitest";
import { sortQuality } from "../../../dashboard/src/pages/system/quality-order.ts";
import type { QualityView } from "../../../src/contract/quality.ts";

const row = (instrument: string, change: Partial<QualityView>): QualityView => ({
  instrument,
  provider: "paper",
  shard: "paper:paper:1",
  mode: "quote",
  state: "fresh",
  lastTickAt: null,
  ageMs: 0,
  exchangeTime: null,
  intervalMs: null,
  staleAfterMs: 5_000,
  ticks: 0,
  dropped: {
    bad_number: 0,
    clock_skew: 0,
    crossed_book: 0,
    out_of_order: 0,
    duplicate: 0,
    spike: 0,
  },
  isSpikeWaiting: false,
  gaps: 0,
  book: null,
  clockOffsetMs: null,
  ...change,
});

const dropped = {
  bad_number: 0,
  clock_skew: 0,
  crossed_book: 0,
  out_of_order: 2,
  duplicate: 1,
  spike: 0,
};

const rows = [
  row("C", { ageMs: 900 }),
  row("B", { state: "stale", ageMs: 90_000 }),
  row("A", { gaps: 2, dropped }),
  row("D", { state: "invalid_book", ageMs: null }),
  row("E", { state: "closed", ageMs: 9e9 }),
];

test.each([
  ["worst", ["B", "D", "C", "A", "E"]],
  ["instrument", ["A", "B", "C", "D", "E"]],
  ["age", ["D", "E", "B", "C", "A"]],
  ["dropped", ["A", "B", "C", "D", "E"]],
  ["gaps", ["A", "B", "C", "D", "E"]],
] as const)("sorted by %s", (sort, names) => {
  expect(sortQuality(rows, sort).map(({ instrument }) => instrument)).toEqual(names);
});
