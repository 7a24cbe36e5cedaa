/** Brings dead letters and incidents to people: the channels of this deployment on the desk's own tables. */
import { errorText } from "../application/log.ts";
import type { TradebookPort } from "../application/ports.ts";
import { channelsOf, type Channels } from "../notify/settings.ts";
import type { PushDevices } from "../notify/web-push.ts";
import { tellPeople, type AlertBook, type OpenAlert } from "../notify/tell-people.ts";
import {
  claimSend,
  followDeadLetters,
  latestSends,
  recordSend,
  unacknowledged,
} from "../storage/alerts.ts";
import { database, type Database } from "../storage/database.ts";
import { openIncidents, sendsKey, type IncidentRow } from "../storage/incidents.ts";
import { allPushDevices, forgetPushDevice } from "../storage/push-devices.ts";
import { logger } from "./logger.ts";

const pushDevices = (book: Database): PushDevices => ({
  all: () => allPushDevices(book),
  forget: (endpoint) => forgetPushDevice(book, endpoint),
});

export const alertChannels = (env: Env): Channels =>
  channelsOf(env, {
    fetch: (url, init) => fetch(url, init),
    devices: pushDevices(database(env.DB)),
    log: logger({ component: "alerts" }),
  });

export const alertBook = (book: Database): AlertBook => ({
  follow: (now) => followDeadLetters(book, now),
  open: (page) => unacknowledged(book, page),
  sends: (ids) => latestSends(book, ids),
  claim: (send, now) => claimSend(book, send, now),
  record: (id, outcome, now) => recordSend(book, id, outcome, now),
});

/** An incident as what is told of it: by the same rules as a dead letter, until somebody takes it on. */
const alertOf = (incident: IncidentRow): OpenAlert => ({
  clientOrderId: sendsKey(incident.id),
  algoId: incident.account,
  instrument: "",
  label: "unknown",
  severity: incident.severity,
  incident: incident.title,
  reason: incident.message,
  openedAt: incident.at,
  acknowledgedAt: incident.acknowledgedAt,
  page: /^(trip|unvalued|lease)-/.test(incident.id) ? "risk" : "system/reconciliation",
  intent: {},
});

export const incidentBook = (book: Database): AlertBook => ({
  ...alertBook(book),
  follow: async () => {},
  open: async (page) => (await openIncidents(book, page)).map(alertOf),
});

/** One pass; the cron makes one each minute. */
export async function tellAll(env: Env): Promise<void> {
  const { channels, link } = alertChannels(env);
  const log = logger({ component: "alerts" });
  const book = database(env.DB);
  await tellPeople({ book: alertBook(book), channels, link, now: Date.now, log });
  await tellPeople({ book: incidentBook(book), channels, link, now: Date.now, log });
}

/**
 * The tradebook, with a pass as soon as a dead letter or an incident stands in it: nobody waits for the minute, and
 * nothing is told that is not committed. A pass that fails is made up for by the cron.
 */
export function announced(
  env: Env,
  tradebook: TradebookPort,
  later: (work: Promise<void>) => void,
): TradebookPort {
  return {
    async write(rows) {
      await tradebook.write(rows);
      const came = rows.some(
        ({ row }) =>
          row.kind === "incident" || (row.kind === "dead_letter" && row.status === "open"),
      );
      if (!came || alertChannels(env).channels.length === 0) return;
      const log = logger({ component: "alerts" });
      later(
        tellAll(env).catch((error: unknown) =>
          log("error", "alert_pass_failed", { error: errorText(error) }),
        ),
      );
    },
  };
}
