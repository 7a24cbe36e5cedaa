/** Tells people of what is no dead letter: once, by every channel, until one of them has taken it. */
import { errorText, type Log } from "../application/log.ts";
import type { Incident } from "../application/reconcile-port.ts";
import type { AlertMessage, Channel } from "./channel.ts";

export interface IncidentBook {
  /** Laid down and not told yet, oldest first. */
  untold(): Promise<Incident[]>;
  /** Counts a try; `told` when some channel took it. */
  record(id: string, told: boolean, now: number): Promise<void>;
}

export interface TellIncidentParts {
  book: IncidentBook;
  channels: readonly Channel[];
  link: string | null;
  now: () => number;
  log: Log;
}

/** One pass. With no channel set up nothing is tried, and nothing is lost. */
export async function tellIncidents(parts: TellIncidentParts): Promise<void> {
  const { book, channels, now, log } = parts;
  if (channels.length === 0) return;
  for (const incident of await book.untold()) {
    const message = incidentMessage(incident, parts.link);
    const sent = await Promise.all(
      channels.map(async (channel) => {
        try {
          return (await channel.send(message, now())).ok;
        } catch (error) {
          log("error", "incident_failed", { channel: channel.name, error: errorText(error) });
          return false;
        }
      }),
    );
    const told = sent.some(Boolean);
    await book.record(incident.id, told, now());
    log(told ? "info" : "error", told ? "incident_told" : "incident_not_told", { id: incident.id });
  }
}

export const incidentMessage = (
  { id, at, title, message }: Incident,
  link: string | null,
): AlertMessage => ({
  sendId: id,
  clientOrderId: id,
  algoId: "external",
  instrument: "",
  order: title,
  label: "unknown",
  incident: title,
  reason: message,
  openedAt: at,
  step: 0,
  link: link === null ? null : `${link}/system/reconciliation`,
});
