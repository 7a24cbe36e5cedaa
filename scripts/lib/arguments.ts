/** Reads a command line as a person means it. */
import { EXIT_USAGE, Failure } from "./failure.ts";

/** For a command that takes nothing: throws a `Failure` that names the first argument. */
export function refuseOptions([first]: readonly string[], command: string): void {
  if (first === undefined) return;
  throw new Failure(`"${first}" is not an option: ${command} takes none.`, EXIT_USAGE);
}

/** Joins a negative number to its option, `--speed -1` to `--speed=-1`: apart it is taken for an option, and told as such. */
export function joinNegatives(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? "";
    if (/^-\.?\d/.test(arg) && /^--[a-z][^=]*$/.test(before))
      joined.splice(-1, 1, `${before}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}
