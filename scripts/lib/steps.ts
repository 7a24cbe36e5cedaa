/** Set-up that every task shares, one function for each step; a step whose inputs are unchanged is skipped. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { hashOf, readText, writeText } from "./hash.ts";
import { ROOT, tool } from "./paths.ts";
import { run } from "./run.ts";

export type Say = (line: string) => void;

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export interface Step {
  name: string;
  /** Files whose change makes the step necessary again. */
  inputs: string[];
  /** Where the hash of the inputs is kept. */
  stamp: string;
  /** What the step makes: when it is gone the step runs again. */
  output: string;
  command: [name: string, ...args: string[]];
}

const stampAt = (name: string): string => join(ROOT, "node_modules", `.trunkline-${name}`);

export const typesStep: Step = {
  name: "types",
  inputs: ["wrangler.toml"],
  stamp: stampAt("types"),
  output: join(ROOT, "worker-configuration.d.ts"),
  command: ["wrangler", "types", "--include-runtime=false", "--strict-vars=false"],
};

export const dashboardStep: Step = {
  name: "dashboard",
  inputs: [
    "dashboard/{src,public}/**",
    "dashboard/*.{html,ts,json}",
    "src/{domain,contract}/**",
    "package-lock.json",
  ],
  stamp: stampAt("dashboard"),
  output: join(ROOT, "dashboard", "dist", "index.html"),
  command: ["vite", "build", "dashboard", "--logLevel", "warn"],
};

export const sdkStep: Step = {
  name: "sdk",
  inputs: ["sdk/*.{ts,json,mjs}", "sdk/src/**", "src/{domain,contract}/**", "package-lock.json"],
  stamp: stampAt("sdk"),
  output: join(ROOT, "sdk", "dist"),
  command: ["node", join(ROOT, "sdk", "build.mjs")],
};

const DATABASE = "trunkline-tradebook";

/** The local D1 database of one home. */
export const databaseStep = (state: string): Step => ({
  name: "local database",
  inputs: ["migrations/**"],
  stamp: join(state, ".migrations"),
  output: join(state, "v3", "d1"),
  command: ["wrangler", "d1", "migrations", "apply", DATABASE, "--local", "--persist-to", state],
});

/** A step that takes long says so often that it lives: who hears nothing for longer takes it for dead. */
const SIGN_OF_LIFE_MS = 5_000;

/** Runs one step, or says that it is up to date. Throws a `Failure` with the tool's own words. */
export async function runStep(step: Step, say: Say, signMs = SIGN_OF_LIFE_MS): Promise<void> {
  const began = performance.now();
  const hash = hashOf(step.inputs);
  if (existsSync(step.output) && readText(step.stamp) === hash) {
    say(`${step.name} … up to date`);
    return;
  }
  const [command, ...args] = step.command;
  const sign = setInterval(
    () => say(`${step.name} … still at work, ${seconds(performance.now() - began)}`),
    signMs,
  );
  const { code, output } = await run(tool(command), args, { env: { CI: "true" } });
  clearInterval(sign);
  if (code !== 0) {
    throw new Failure(`${output.trimEnd()}\n\n${step.name} failed: ${step.command.join(" ")}`);
  }
  writeText(step.stamp, hash);
  say(`${step.name} … ${seconds(performance.now() - began)}`);
}
