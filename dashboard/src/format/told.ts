/** What people were told of something, by which channel and with what end, in one sentence: an escalation of a day has hundreds of messages. */
import type { AlertSendView } from "../../../src/contract/operations.ts";
import { plain } from "./words.ts";

export function toldWords(sends: readonly AlertSendView[]): string {
  const kinds = new Map<string, { count: number; error: string | null }>();
  for (const { channel, state, error } of sends) {
    const kind = `${plain(channel)} ${state}`;
    const before = kinds.get(kind)?.count ?? 0;
    kinds.set(kind, { count: before + 1, error });
  }
  if (kinds.size === 0) return "No message was sent.";
  const told = [...kinds].map(
    ([kind, { count, error }]) =>
      `${kind}${count > 1 ? ` ${count} times` : ""}${error === null ? "" : ` (${error})`}`,
  );
  return `Messages: ${told.join(", ")}.`;
}
