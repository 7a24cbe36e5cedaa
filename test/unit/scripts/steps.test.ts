import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runStep, type Step } from "../../../scripts/lib/steps.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "trunkline-steps-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A step that runs this script. */
const stepOf = (script: string): Step => ({
  name: "local database",
  inputs: ["migrations/**"],
  stamp: join(directory, "stamp"),
  output: join(directory, "made"),
  command: ["node", "-e", script],
});

async function said(step: Step, signMs: number): Promise<string[]> {
  const lines: string[] = [];
  await runStep(step, (line) => void lines.push(line), signMs);
  return lines;
}

test("a step that takes long says again and again that it is at work, and for how long, until it is done", async () => {
  const lines = await said(stepOf("setTimeout(() => {}, 700)"), 100);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines.slice(0, -1))
    expect(line).toMatch(/^local database … still at work, \d+\.\d s$/);
  expect(lines.at(-1)).toMatch(/^local database … \d+\.\d s$/);
});

test("a quick step says one line, and one that is up to date does not run", async () => {
  expect(await said(stepOf(""), 60_000)).toEqual([
    expect.stringMatching(/^local database … \d+\.\d s$/),
  ]);
  writeFileSync(join(directory, "made"), "");
  expect(await said(stepOf("process.exit(1)"), 60_000)).toEqual(["local database … up to date"]);
});

test("a step that fails ends with the tool's own words, and says nothing after that", async () => {
  const lines: string[] = [];
  const step = stepOf('console.error("no disk"); process.exit(3)');
  await expect(runStep(step, (line) => void lines.push(line), 20)).rejects.toThrow(/no disk/);
  const { length } = lines;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lines).toHaveLength(length);
});
