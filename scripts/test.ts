/** `npm test [-- stage …]`: sets up, runs every stage to its end, and says what passed and what failed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBrowser } from "./lib/browser.ts";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";
import { tool } from "./lib/paths.ts";
import { run } from "./lib/run.ts";
import { dashboardStep, runStep, seconds, typesStep } from "./lib/steps.ts";
import { type Count, countOf } from "./test/count.ts";
import { chosen, needsBrowser, type Stage, STAGES } from "./test/stages.ts";

interface Outcome extends Count {
  stage: Stage;
  ms: number;
}

const say = (line: string): void => console.log(line);

async function runStage(stage: Stage, reports: string, env: Record<string, string>) {
  say(`\n── ${stage.name}: ${stage.command} ${stage.args.join(" ")}`);
  const began = performance.now();
  const report = join(reports, `${stage.name.replaceAll(/\W/g, "-")}.json`);
  const args = stage.vitest
    ? [...stage.args, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
    : stage.args;
  const { code } = await run(tool(stage.command), args, {
    env,
    onOutput: (text) => process.stdout.write(text),
  });
  const count = stage.vitest
    ? countOf(report, code)
    : code === 0
      ? { passed: 1, failed: 0, failures: [] }
      : { passed: 0, failed: 1, failures: [`ended with ${code}`] };
  return { stage, ms: performance.now() - began, ...count };
}

/** What failed is named last of all, so that the end of a long log is enough to know it. */
function summary(outcomes: Outcome[]): { passed: number; failed: number } {
  const width = Math.max(...outcomes.map(({ stage }) => stage.name.length));
  say("\n── summary");
  for (const { stage, ms, passed, failed } of outcomes) {
    const verdict = failed === 0 ? "passed" : "FAILED";
    const tests = stage.vitest ? `${passed} passed, ${failed} failed` : "";
    say(`${stage.name.padEnd(width)}  ${verdict}  ${seconds(ms).padStart(8)}  ${tests}`.trimEnd());
  }
  for (const { stage, failures } of outcomes) {
    for (const failure of failures) say(`\nFAILED ${stage.name}: ${failure}`);
  }
  return {
    passed: outcomes.reduce((sum, outcome) => sum + outcome.passed, 0),
    failed: outcomes.reduce((sum, outcome) => sum + outcome.failed, 0),
  };
}

await main(async () => {
  const stages = chosen(process.argv.slice(2));
  if (!stages) {
    const names = STAGES.map((stage) => stage.name).join(", ");
    throw new Failure(
      `Unknown stage in "${process.argv.slice(2).join(" ")}". Stages: ${names}`,
      EXIT_USAGE,
    );
  }
  await runStep(typesStep, say);
  await runStep(dashboardStep, say);
  const env: Record<string, string> = { FORCE_COLOR: process.stdout.isTTY ? "1" : "0" };
  if (needsBrowser(stages)) env["CHROMIUM_PATH"] = await ensureBrowser(say);

  const reports = mkdtempSync(join(tmpdir(), "trunkline-reports-"));
  const outcomes: Outcome[] = [];
  try {
    for (const stage of stages) outcomes.push(await runStage(stage, reports, env));
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  const { passed, failed } = summary(outcomes);
  say(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
