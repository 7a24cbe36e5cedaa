/** Structured log lines, one JSON object each. It is never given a key, a token or a whole request. */
import type { Log, LogLevel } from "../application/log.ts";

const WRITE: Record<LogLevel, (line: string) => void> = {
  debug: (line) => console.debug(line),
  info: (line) => console.info(line),
  warn: (line) => console.warn(line),
  error: (line) => console.error(line),
};

/** Fields whose names say that they are secret are never written, whoever passes them. */
const SECRET = /key|secret|token|password|authorization|cookie/i;

/** A log whose every line names where it comes from, e.g. `{ object: "OrderGateway", name: "paper" }`. */
export function logger(from: Record<string, string>): Log {
  return (level, event, facts = {}) => {
    const safe = Object.entries(facts).filter(([name]) => !SECRET.test(name));
    WRITE[level](JSON.stringify({ level, event, ...from, ...Object.fromEntries(safe) }));
  };
}
