/**
 * Child processes that are sure to end: each leads its own process group, is asked first and then
 * killed with everything it started. Nothing is ever ended by name, only by the ids kept here.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { ROOT, toolEnvironment } from "./paths.ts";

/** How long a child may take to end by itself once asked. */
const STOP_GRACE_MS = 5_000;

/** Last characters of a child's output, kept to say why it died. */
const TAIL_CHARACTERS = 4_000;

export interface Command {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  logFile: string;
  /** Sees every line the child prints. */
  onLine?: (line: string) => void;
  /** How long it may take to end by itself once asked, ms. */
  stopGraceMs?: number;
}

export interface Running {
  name: string;
  pid: number;
  logFile: string;
  /** Resolves when the process has ended, with its exit code (128 + signal number style is 1). */
  ended: Promise<number>;
  /** Null while it runs. */
  exitCode: () => number | null;
  /** What it printed last. */
  tail: () => string;
  /** Ends it and everything it started; resolves when it is gone. Calling it twice is fine. */
  stop: () => Promise<void>;
  /** Ends it as a crash would: the whole group at once, with nothing said first. */
  kill: () => Promise<void>;
}

/** Signals a whole group; a group that is already gone is what was wanted. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function eachLine(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}

/** Starts a command in the repository's root. Throws when it cannot be started at all. */
export function start(command: Command): Running {
  mkdirSync(dirname(command.logFile), { recursive: true });
  const log = createWriteStream(command.logFile);
  const child: ChildProcess = spawn(command.command, command.args, {
    cwd: ROOT,
    env: toolEnvironment(command.env),
    stdio: ["ignore", "pipe", "pipe"],
    // Its own group: Ctrl-C in the terminal reaches only us, and we end the children in order.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.name} could not be started`);

  let tail = "";
  const lines = command.onLine ? eachLine(command.onLine) : null;
  const take = (piece: Buffer): void => {
    const text = piece.toString();
    log.write(text);
    tail = (tail + text).slice(-TAIL_CHARACTERS);
    lines?.(text);
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);

  let exitCode: number | null = null;
  const ended = new Promise<number>((resolve) => {
    child.on("exit", (code) => {
      exitCode = code ?? 1;
      // The leader is gone: whatever it left behind in its group goes too.
      signalGroup(pid, "SIGKILL");
      log.end();
      resolve(exitCode);
    });
  });

  const stop = async (): Promise<void> => {
    if (exitCode !== null) return;
    child.kill("SIGTERM");
    const kill = setTimeout(
      () => signalGroup(pid, "SIGKILL"),
      command.stopGraceMs ?? STOP_GRACE_MS,
    );
    await ended;
    clearTimeout(kill);
  };

  const kill = async (): Promise<void> => {
    if (exitCode === null) signalGroup(pid, "SIGKILL");
    await ended;
  };

  return {
    name: command.name,
    pid,
    logFile: command.logFile,
    ended,
    exitCode: () => exitCode,
    tail: () => tail.trimEnd(),
    stop,
    kill,
  };
}
