/** Says whether the inputs of a step have changed since it last succeeded, so that it can be skipped. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./paths.ts";

/** Hash of the names and contents of every file that the patterns match, relative to the root. */
export function hashOf(patterns: string[]): string {
  const hash = createHash("sha256");
  for (const path of globSync(patterns, { cwd: ROOT }).toSorted()) {
    const file = join(ROOT, path);
    if (!statSync(file).isFile()) continue;
    hash.update(`${path}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/** Text of a small file, or null when there is none. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // A file that is missing or cannot be read is the same here: there is nothing to go by.
    return null;
  }
}

export function writeText(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${text}\n`, { mode });
}
