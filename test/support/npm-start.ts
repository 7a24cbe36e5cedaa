/** `npm start` as a person runs it: its own process group, its output, Ctrl-C, and what it leaves behind. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ROOT } from "../../scripts/lib/paths.ts";
import { until } from "./until.ts";

/** The machine's own Node, when there is one besides the pinned: the bootstrap must work on it. */
function machineNode(): string {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = directories
    .filter((directory) => directory && !directory.includes("node_modules"))
    .map((directory) => join(directory, "node"));
  return candidates.find((node) => existsSync(node)) ?? process.execPath;
}

export interface Started {
  pid: number;
  output: () => string;
  /** Resolves with the exit code. */
  ended: Promise<number>;
  /** What a terminal does: an interrupt to the whole foreground group. */
  ctrlC: () => void;
  /** What a supervisor does: a request to the one process that it started. */
  terminate: () => void;
}

/** `node` is what npm calls the first time, on the machine's own Node; `npm` is npm itself. */
const COMMANDS = {
  node: () => [machineNode(), "scripts/bootstrap.mjs", "start"],
  npm: () => ["npm", "start", "--"],
} as const;

export function npmStart(
  args: string[],
  env: Record<string, string>,
  by: keyof typeof COMMANDS = "node",
): Started {
  const [command = "", ...first] = COMMANDS[by]();
  const child = spawn(command, [...first, ...args], {
    cwd: ROOT,
    env: { ...process.env, PORT: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("npm start could not be started");
  let output = "";
  child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => (output += piece.toString()));
  const ended = new Promise<number>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
  return {
    pid,
    output: () => output,
    ended,
    ctrlC: () => process.kill(-pid, "SIGINT"),
    terminate: () => process.kill(pid, "SIGTERM"),
  };
}

/** Waits until it says that it has started. */
export async function untilStarted(started: Started, timeoutMs = 120_000): Promise<void> {
  const early = started.ended.then((code) => {
    throw new Error(`npm start ended with ${code}:\n${started.output()}`);
  });
  const said = until(
    "npm start to have started",
    () => /^started in /m.test(started.output()),
    timeoutMs,
  );
  await Promise.race([said, early]);
  // It will end one day; by then nobody waits here any more.
  early.catch(() => {});
}

export interface Process {
  pid: number;
  command: string;
}

/** Everything alive that inherited this `TRUNKLINE_HOME`: what an `npm start` has started. Linux only. */
export function processesOf(home: string): Process[] {
  if (!existsSync("/proc/self/environ")) return [];
  const found: Process[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
      if (!environment.includes(`TRUNKLINE_HOME=${home}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      found.push({ pid: Number(name), command });
    } catch {
      // It ended while we looked, or is not ours to look at.
    }
  }
  return found;
}
