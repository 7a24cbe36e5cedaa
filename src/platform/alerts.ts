/** Brings dead letters and incidents to people: the channels of this deployment on the desk's own tables. */
import { errorText } from "../application/log.ts";
import type { TradebookPort } from "../application/ports.ts";
import type { Incident } from "../application/reconcile-port.ts";
import type { ChannelName } from "../notify/channel.ts";
import { channelsOf, type Channels } from "../notify/settings.ts";
import type { PushDevices } from "../notify/web-push.ts";
import { tellPeople, type AlertBook, type OpenAlert } from "../notify/tell-people.ts";
import {
  claimSend,
  followDeadLetters,
  isAnythingOpen,
  latestSends,
  recordSend,
  unacknowledged,
} from "../storage/alerts.ts";
import { database, type Database } from "../storage/database.ts";
import { layDown, openIncidents, sendsKey, type IncidentRow } from "../storage/incidents.ts";
import { allPushDevices, forgetPushDevice } from "../storage/push-devices.ts";
import { logger } from "./logger.ts";
import { alertChannel } from "./objects.ts";

const pushDevices = (book: Database): PushDevices => ({
  all: () => allPushDevices(book),
  forget: (endpoint) => forgetPushDevice(book, endpoint),
});

const log = logger({ component: "alerts" });

export const alertChannels = (env: Env): Channels =>
  channelsOf(env, {
    fetch: (url, init) => fetch(url, init),
    devices: pushDevices(database(env.DB)),
    log,
  });

export const alertBook = (book: Database): AlertBook => ({
  open: async (channel, lastStep, page) =>
    (await unacknowledged(book, { channel, lastStep }, page)).map((letter) => ({
      ...letter,
      path: `/orders/dead-letters?letter=${encodeURIComponent(letter.clientOrderId)}`,
    })),
  sends: (channel, ids) => latestSends(book, channel, ids),
  claim: (send, heldUntil, now) => claimSend(book, send, heldUntil, now),
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
  path: `/system/alerts?incident=${encodeURIComponent(incident.id)}`,
  intent: {},
});

export const incidentBook = (book: Database): AlertBook => ({
  ...alertBook(book),
  open: async (channel, lastStep, page) =>
    (await openIncidents(book, { channel, lastStep }, page)).map(alertOf),
});

/** One pass of one channel. Answers in how many ms the next should go on; null when nothing more is due. */
export async function tellBy(env: Env, name: ChannelName): Promise<number | null> {
  const { channels, link } = alertChannels(env);
  const channel = channels.find((each) => each.name === name);
  if (!channel) return null;
  const on = new Set(channels.map((each) => each.name));
  const book = database(env.DB);
  const books = [alertBook(book), incidentBook(book)];
  return tellPeople({ books, channel, on, link, now: Date.now, log });
}

/** Wakes each channel's object when there is anything to tell; the cron does so each minute. One that cannot be woken keeps no other asleep. */
export async function tellAll(env: Env): Promise<void> {
  const book = database(env.DB);
  await followDeadLetters(book, Date.now());
  const { channels } = alertChannels(env);
  if (channels.length === 0 || !(await isAnythingOpen(book))) return;
  await Promise.all(
    channels.map(({ name }) =>
      alertChannel(env, name)
        .tell()
        .catch((error: unknown) =>
          log("error", "alert_channel_asleep", { channel: name, error: errorText(error) }),
        ),
    ),
  );
}

/**
 * The tradebook, which has people told as soon as a dead letter or an incident stands in it: nobody waits for the
 * minute, and nothing is told that is not committed. What fails of it is made up for by the cron.
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
      if (came && isAnyChannelOn(env)) later(tellSoon(env));
    },
  };
}

/** The same for an object that lays incidents down in D1 by itself. Of many that come at once people are told together. */
export function laidDown(env: Env): (incident: Incident) => Promise<void> {
  let isDue = false;
  const tell = async (): Promise<void> => {
    isDue = true;
    await scheduler.wait(TOGETHER_MS);
    isDue = false;
    await tellSoon(env);
  };
  return async (incident) => {
    await layDown(database(env.DB), incident);
    if (!isDue && isAnyChannelOn(env)) void tell();
  };
}

/** Waking the channels takes some ten requests of the object's call: a flood of incidents must not take them for each. */
const TOGETHER_MS = 500;

const isAnyChannelOn = (env: Env): boolean => alertChannels(env).channels.length > 0;

/** Never fails: what it could not do, the cron does. */
const tellSoon = (env: Env): Promise<void> =>
  tellAll(env).catch((error: unknown) =>
    log("error", "alerts_not_started", { error: errorText(error) }),
  );
