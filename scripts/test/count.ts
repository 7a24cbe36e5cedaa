/** Reads how many tests of a vitest run passed and failed from the report that it wrote. */
import { readFileSync } from "node:fs";

export interface Count {
  passed: number;
  failed: number;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  success: boolean;
}

/** A run that left no report, or failed without a failed test (a file that did not load), is one failure. */
export function countOf(reportFile: string, exitCode: number): Count {
  try {
    const report = JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport;
    const failed = report.numFailedTests;
    return { passed: report.numPassedTests, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
  } catch {
    // No report, or half of one: the run broke down, whatever its exit code says.
    return { passed: 0, failed: 1 };
  }
}
