/**
 * Brings to people that no provider is left for something watched: one incident while it lasts, taken
 * back when prices come again. What may have been laid down is durable here, from before it is written: a writing
 * that nobody answered may stand, and has to be taken back like any other. Written again, it changes nothing.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { Incident } from "../src/application/reconcile-port.ts";
import { OBJECT_RETRY_MS } from "../src/domain/limits.ts";

/** Since when it is so, and what people may have been told of it. */
export type FeedAlert = "alert_since" | "alert_open";

export interface FeedIncidentHost {
  storage: {
    setting(name: FeedAlert): string | null;
    set(name: FeedAlert, value: string | null): void;
  };
  layDown(incident: Incident): Promise<void>;
  close(id: string, at: number): Promise<void>;
  wakeAt(time: number): void;
  log: Log;
}

const idOf = (since: string): string => `feed-down-${since}`;

export class FeedIncident {
  readonly #host: FeedIncidentHost;
  #isBusy = false;
  /** What was answered to have been laid down; after an end in between nobody knows, and it is laid down again. */
  #told: string | null = null;

  constructor(host: FeedIncidentHost) {
    this.#host = host;
  }

  /** Makes what people are told what the alert is; whatever fails is done again. */
  async settle(instruments: number, now: number): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const host = this.#host;
    const { storage } = host;
    try {
      const open = storage.setting("alert_open");
      const since = storage.setting("alert_since");
      if (open !== null && open !== since) {
        await host.close(idOf(open), now);
        storage.set("alert_open", null);
      }
      if (since !== null && this.#told !== since) {
        storage.set("alert_open", since);
        await host.layDown(incidentOf(since, instruments));
        this.#told = since;
      }
      // It changed while this was written.
      if (storage.setting("alert_since") !== since) host.wakeAt(now);
    } catch (error) {
      host.log("warn", "feed_incident_not_told", { reason: errorText(error) });
      host.wakeAt(now + OBJECT_RETRY_MS);
    } finally {
      this.#isBusy = false;
    }
  }
}

const incidentOf = (since: string, instruments: number): Incident => ({
  id: idOf(since),
  at: Number(since),
  account: "feed",
  severity: "critical",
  title: "No provider gives prices any more",
  message: `Every provider of ${instruments} watched instruments is down. Entries in them are refused, exits pass; see /v1/feeds/providers.`,
});
