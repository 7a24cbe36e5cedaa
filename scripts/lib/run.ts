/** Runs a command to its end and collects what it says. */
import { spawn } from "node:child_process";
import { ROOT, toolEnvironment } from "./paths.ts";

export interface Ran {
  code: number;
  /** stdout and stderr as they came. */
  output: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Sees each piece of output as it comes. */
  onOutput?: (text: string) => void;
}

/** Never throws: a command that cannot be started is code 127 with the reason as its output. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: toolEnvironment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (piece: Buffer): void => {
      const text = piece.toString();
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
