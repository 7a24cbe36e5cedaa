/**
 * Brings to people that no provider is left for something watched: one incident while it lasts, taken
 * back when prices come again. What is laid down is durable here too, so that an end in between tells nothing twice.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { Incident } from "../src/application/reconcile-port.ts";
import { OBJECT_RETRY_MS } from "../src/domain/limits.ts";
import type { ProviderStorage } from "./market-manager.provider-storage.ts";

export interface FeedIncidentHost {
  storage: Pick<ProviderStorage, "setting" | "set">;
  layDown(incident: Incident): Promise<void>;
  close(id: string, at: number): Promise<void>;
  wakeAt(time: number): void;
  log: Log;
}

const idOf = (since: string): string => `feed-down-${since}`;

export class FeedIncident {
  readonly #host: FeedIncidentHost;
  #isBusy = false;

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
      if (since !== null && open !== since) {
        await host.layDown(incidentOf(since, instruments));
        storage.set("alert_open", since);
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
