/** One line per message, to the console. Never a key: nothing that holds one is ever passed here. */
import type { LogLine } from "./context.ts";

export function formatLine({ time, algoId, message, facts }: LogLine): string {
  const text = facts === null ? "" : ` ${JSON.stringify(facts)}`;
  return `${time.toISOString()} [${algoId}] ${message}${text}`;
}

export function printLine(line: LogLine): void {
  // oxlint-disable-next-line no-console -- an algo's log is its output; `logger` sends it elsewhere.
  console.log(formatLine(line));
}
