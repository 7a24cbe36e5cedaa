/** What the application writes to its log: an event's name and its facts, never a secret. */
export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFacts = Record<string, string | number | boolean | null | undefined>;

/** `event` is a stable name in snake case; whatever varies goes into the facts. */
export type Log = (level: LogLevel, event: string, facts?: LogFacts) => void;

/** A thrown value as one short line: the message, without a stack and without what was sent. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, 300);
}
