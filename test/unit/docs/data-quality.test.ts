/** What docs/data-quality.md says is what the code does. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PAPER_FAULTS } from "../../../src/contract/paper.ts";
import { CLEANING_RULES, QUALITY_STATES } from "../../../src/contract/quality.ts";
import * as limits from "../../../src/domain/quality-limits.ts";

const page = readFileSync("docs/data-quality.md", "utf8");

test("every rule has its row, and every state its word", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, rule]) => rule);
  expect(rows).toEqual([...CLEANING_RULES]);
  for (const state of QUALITY_STATES.filter((one) => one !== "fresh"))
    expect(page).toContain(`\`${state}\``);
});

test("the bounds are those of the code", () => {
  for (const figure of [
    `\`clockSkewMs\` (${limits.CLOCK_SKEW_TICK_MS_MAX / 1_000} s)`,
    `(${limits.SPIKE_BAND}: a fifth)`,
    `at least ${limits.STALE_AFTER_MS_MIN / 1_000} s and at most ${limits.STALE_AFTER_MS_MAX / 60_000} min`,
    `more than ${limits.CLOCK_OFFSET_MS_MAX / 1_000} s between the clocks`,
  ])
    expect(page).toContain(figure);
  // In words there: ten intervals, ten levels, six times, half a minute.
  expect([limits.STALE_AFTER_INTERVALS, limits.DEPTH_LEVELS_MAX]).toEqual([10, 10]);
  expect([limits.BOOK_RESYNCS_MAX, limits.CLOCK_OFFSET_WINDOW_MS]).toEqual([6, 30_000]);
});

test("the faults to try it with are faults of the paper exchange", () => {
  const [line = ""] = /^On the paper exchange.*$/m.exec(page) ?? [];
  const named = [...line.matchAll(/`(\w+)`/g)].map(([, fault]) => fault);
  expect(named.length).toBeGreaterThan(5);
  for (const fault of named) expect(PAPER_FAULTS).toContain(fault);
});
