/** The stages of `npm test`, in the order in which a mistake is cheapest to find. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lib/paths.ts";

export interface Stage {
  name: string;
  command: string;
  args: string[];
  /** A vitest run: its tests are counted one by one. Other stages count as one. */
  vitest: boolean;
}

const plain = (name: string, command: string, ...args: string[]): Stage => ({
  name,
  command,
  args,
  vitest: false,
});

const vitest = (name: string, project: string, ...paths: string[]): Stage => ({
  name,
  command: "vitest",
  args: ["run", "--project", project, ...paths],
  vitest: true,
});

/** Every TypeScript project of the repository. */
export const TYPE_PROJECTS = [
  "tsconfig.pure.json",
  "tsconfig.worker.json",
  "tsconfig.worker-tests.json",
  "tsconfig.node.json",
  "dashboard/tsconfig.json",
] as const;

export const STAGES: Stage[] = [
  plain("format", "oxfmt", "--check"),
  plain("lint", "oxlint"),
  ...TYPE_PROJECTS.map((project) => plain(`types ${project}`, "tsc", "-p", project)),
  plain("unused", "knip"),
  vitest("architecture", "plain", "test/architecture.test.ts", "test/lessons.test.ts"),
  vitest("unit", "plain", "test/unit/", "sdk/"),
  vitest("workers", "workers"),
  vitest("simulation", "plain", "test/simulation/"),
  vitest("deploy", "plain", "test/deploy.test.ts"),
  // Some ten kills: with less, whole kinds of trouble are met by chance only.
  plain("chaos", "node", "scripts/chaos.ts", "--seconds", "120"),
  vitest("e2e", "e2e"),
];

/** The stages whose name starts with one of the words; all of them for no words. Null: a word fits none. */
export function chosen(words: string[]): Stage[] | null {
  if (words.length === 0) return STAGES;
  const fits = (word: string): Stage[] => STAGES.filter((stage) => stage.name.startsWith(word));
  if (words.some((word) => fits(word).length === 0)) return null;
  return STAGES.filter((stage) => words.some((word) => stage.name.startsWith(word)));
}

/** What only the end-to-end stage needs. */
export const needsBrowser = (stages: Stage[]): boolean =>
  stages.some((stage) => stage.name === "e2e") && existsSync(join(ROOT, "test", "e2e"));
