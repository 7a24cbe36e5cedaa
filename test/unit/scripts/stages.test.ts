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

const file = (status: string, message: string, assertionResults: object[]) => ({
  name: join(process.cwd(), "test/x.test.ts"),
  status,
  message,
  assertionResults,
});
const of = (fullName: string, status: string, failureMessages: string[] = []) => ({
  fullName,
  status,
  failureMessages,
});

test("what failed is counted and named, with the first line of why", () => {
  const testResults = [
    file("passed", "", [of("a passes", "passed")]),
    file("failed", "", [of("a passes", "passed"), of("b holds", "failed", ["not 3\n  at x.ts"])]),
  ];
  writeFileSync(report, JSON.stringify({ numPassedTests: 2, numFailedTests: 1, testResults }));
  const failures = ["test/x.test.ts: b holds: not 3"];
  expect(countOf(report, 1)).toEqual({ passed: 2, failed: 1, failures });
});

test("a file that did not load fails no test, but the run", () => {
  const testResults = [file("failed", "no such module\n  at y.ts", [])];
  writeFileSync(report, JSON.stringify({ numPassedTests: 3, numFailedTests: 0, testResults }));
  const failures = ["test/x.test.ts: no such module"];
  expect(countOf(report, 1)).toEqual({ passed: 3, failed: 1, failures });
});

test("a run that fails with nothing failed in it is one failure, and one that passes none", () => {
  writeFileSync(report, JSON.stringify({ numPassedTests: 3, numFailedTests: 0, testResults: [] }));
  expect(countOf(report, 1)).toEqual({ passed: 3, failed: 1, failures: ["ended with 1"] });
  expect(countOf(report, 0)).toEqual({ passed: 3, failed: 0, failures: [] });
});

test("a run without a readable report is a failure, even with exit code 0", () => {
  const failures = ["left no report and ended with 0"];
  expect(countOf(join(directory, "none.json"), 0)).toEqual({ passed: 0, failed: 1, failures });
  writeFileSync(report, '{"numPassed');
  expect(countOf(report, 0)).toEqual({ passed: 0, failed: 1, failures });
});
