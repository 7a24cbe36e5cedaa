import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { countOf } from "../../../scripts/test/count.ts";
import { chosen, STAGES } from "../../../scripts/test/stages.ts";

const directory = mkdtempSync(join(tmpdir(), "trunkline-count-"));
const report = join(directory, "report.json");

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("no words choose every stage, and words choose by the start of the name, in order", () => {
  expect(chosen([])).toEqual(STAGES);
  expect(chosen(["unit", "lint"])?.map((stage) => stage.name)).toEqual(["lint", "unit"]);
  expect(chosen(["types"])?.length).toBeGreaterThan(1);
  expect(chosen(["unit", "nonsense"])).toBeNull();
});

test("what npm run check names are stages", () => {
  const { check } = (
    JSON.parse(readFileSync("package.json", "utf8")) as { scripts: { check: string } }
  ).scripts;
  const words = check.split(" test ")[1]?.split(" ") ?? [];
  expect(words).toEqual(["format", "lint", "types", "architecture", "unit"]);
  expect(chosen(words)).not.toBeNull();
});

test.each([
  [{ numPassedTests: 3, numFailedTests: 0 }, 0, { passed: 3, failed: 0 }],
  [{ numPassedTests: 3, numFailedTests: 2 }, 1, { passed: 3, failed: 2 }],
  // A file that did not load fails no test, but the run.
  [{ numPassedTests: 3, numFailedTests: 0 }, 1, { passed: 3, failed: 1 }],
])("a report of %j with exit code %i", (content, code, count) => {
  writeFileSync(report, JSON.stringify(content));
  expect(countOf(report, code)).toEqual(count);
});

test("a run without a readable report is a failure, even with exit code 0", () => {
  expect(countOf(join(directory, "none.json"), 0)).toEqual({ passed: 0, failed: 1 });
  writeFileSync(report, '{"numPassed');
  expect(countOf(report, 0)).toEqual({ passed: 0, failed: 1 });
});
