/** Reads how many tests of a vitest run passed, and which failed, from the report that it wrote. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

export interface Count {
  passed: number;
  failed: number;
  /** Each failed test or file that did not load, in words: where, which and why in a line. */
  failures: string[];
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

const firstLine = (text: string | undefined): string => text?.trim().split("\n")[0] ?? "";

function failuresOf({ testResults }: VitestReport): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0) return status === "failed" ? [`${file}: ${firstLine(message)}`] : [];
    return failed.map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
  });
}

/** A run that left no report, or failed without a failed test (a file that did not load), is one failure. */
export function countOf(reportFile: string, exitCode: number): Count {
  try {
    const report = JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport;
    const failed = report.numFailedTests;
    const failures = failuresOf(report);
    return {
      passed: report.numPassedTests,
      failed: exitCode !== 0 && failed === 0 ? 1 : failed,
      failures: exitCode !== 0 && failures.length === 0 ? [`ended with ${exitCode}`] : failures,
    };
  } catch {
    // No report, or half of one: the run broke down, whatever its exit code says.
    return { passed: 0, failed: 1, failures: [`left no report and ended with ${exitCode}`] };
  }
}
