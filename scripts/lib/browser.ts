/** Finds a Chromium for the end-to-end tests, or installs one: Debian's package for root, else Playwright's. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { Failure } from "./failure.ts";
import { tool } from "./paths.ts";
import { run } from "./run.ts";
import type { Say } from "./steps.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: the next candidate is tried.
    return false;
  }
}

/** `CHROMIUM_PATH`, then what stands on the PATH, then Playwright's own download. */
export function findBrowser(env: NodeJS.ProcessEnv): string | null {
  const named = env["CHROMIUM_PATH"];
  if (named) {
    if (executable(named)) return named;
    throw new Failure(`CHROMIUM_PATH is ${named}, which cannot be run.`);
  }
  const directories = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const candidates = NAMES.flatMap((name) => directories.map((each) => join(each, name)));
  return [...candidates, chromium.executablePath()].find(executable) ?? null;
}

const isRoot = (): boolean => process.getuid?.() === 0;

async function install(say: Say): Promise<string> {
  if (isRoot() && existsSync("/usr/bin/apt-get")) {
    say("browser … installing Debian's chromium");
    const updated = await run("apt-get", ["update", "-q"]);
    const installed = await run("apt-get", ["install", "-q", "-y", "chromium"], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    if (installed.code === 0) return installed.output;
    say(`apt-get failed (${updated.code}, ${installed.code}); trying Playwright's download`);
  }
  say("browser … installing Playwright's Chromium");
  return (await run(tool("playwright-core"), ["install", "chromium-headless-shell", "chromium"]))
    .output;
}

/** Path of a Chromium. Throws a `Failure` that says what to do when none can be had. */
export async function ensureBrowser(say: Say): Promise<string> {
  const found = findBrowser(process.env);
  if (found) return found;
  const output = await install(say);
  const installed = findBrowser(process.env);
  if (installed) return installed;
  throw new Failure(
    `${output.slice(-2_000)}\n\nThe end-to-end tests need Chromium and none could be installed. ` +
      "Install one and put it on the PATH, or set CHROMIUM_PATH to it.",
  );
}
