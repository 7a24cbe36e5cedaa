/**
 * One pass over the open dead letters, or over the open incidents: whoever is due to be told is told, and what came of it is written
 * down. It reads only what the ledger has committed, and may run twice at once.
 */
import { errorText, type Log } from "../application/log.ts";
import type { Severity } from "../application/reconcile-port.ts";
import { ALERT_PAGES_MAX, ALERTS_PER_PAGE, ALERTS_PER_PASS } from "../domain/alert-limits.ts";
import { err } from "../domain/result.ts";
import type { AlertMessage, Channel } from "./channel.ts";
import {
  afterFailure,
  dueSends,
  POLICIES,
  policyFor,
  withChannels,
  type DueSend,
  type Sent,
} from "./escalation.ts";

/** An open dead letter that nobody has acknowledged. */
export interface OpenAlert extends Pick<
  AlertMessage,
  "clientOrderId" | "algoId" | "instrument" | "label" | "reason" | "openedAt" | "incident"
> {
  /** Of an incident; a dead letter's comes from its label. */
  severity?: Severity;
  /** The page of the dashboard that is about it. */
  page?: string;
  acknowledgedAt: number | null;
  intent: Record<string, unknown>;
}

export interface AlertBook {
  /** Opens and closes alerts as the ledger's dead letters have come and gone. */
  follow(now: number): Promise<void>;
  /** The page of this number, from 0; one that is not full is the last. */
  open(page: number): Promise<OpenAlert[]>;
  /** Of each by each channel at least the latest. */
  sends(clientOrderIds: readonly string[]): Promise<(Sent & { clientOrderId: string })[]>;
  /** How often it was tried, this time included; null when another run has it. */
  claim(
    send: DueSend & { clientOrderId: string; openedAt: number },
    now: number,
  ): Promise<number | null>;
  record(
    id: string,
    outcome: { state: "pending" | "sent" | "failed"; error: string | null; nextTryAt: number },
    now: number,
  ): Promise<void>;
}

export interface TellParts {
  book: AlertBook;
  channels: readonly Channel[];
  link: string | null;
  now: () => number;
  log: Log;
}

/** Answers when all that was due has been tried. A channel's trouble is written down, and stays its own. */
export async function tellPeople(parts: TellParts): Promise<void> {
  const { book, channels, now } = parts;
  await book.follow(now());
  if (channels.length === 0) return;
  const due = await dueNow(parts);
  await Promise.all(
    due.flatMap(({ alert, sends }) => sends.map((send) => tellOne(parts, alert, send))),
  );
}

interface Due {
  alert: OpenAlert;
  sends: DueSend[];
}

/** Page by page until there is enough: what was told and is not due again yet must not hold up what is. */
async function dueNow({ book, channels, now }: TellParts): Promise<Due[]> {
  const on = new Set(channels.map(({ name }) => name));
  const due: Due[] = [];
  for (let page = 0; page < ALERT_PAGES_MAX; page += 1) {
    const open = await book.open(page);
    const sent = await book.sends(open.map(({ clientOrderId }) => clientOrderId));
    const at = now();
    for (const alert of open) {
      const ours = sent.filter((send) => send.clientOrderId === alert.clientOrderId);
      const wanted = alert.severity ? POLICIES[alert.severity] : policyFor(alert.label);
      const sends = dueSends(withChannels(wanted, on), alert, ours, at);
      if (sends.length > 0) due.push({ alert, sends });
    }
    if (open.length < ALERTS_PER_PAGE || due.length >= ALERTS_PER_PASS) break;
  }
  return due.slice(0, ALERTS_PER_PASS);
}

async function tellOne(parts: TellParts, alert: OpenAlert, send: DueSend): Promise<void> {
  const { book, channels, now, log } = parts;
  const { clientOrderId, openedAt } = alert;
  const channel = channels.find(({ name }) => name === send.channel);
  if (!channel) return;
  const facts = { clientOrderId, channel: send.channel, step: send.step };
  try {
    const attempts = await book.claim({ ...send, clientOrderId, openedAt }, now());
    if (attempts === null) return;
    const message = messageOf(alert, send, parts.link);
    const sent = await channel
      .send(message, now())
      .catch(() => err({ mayRetry: true, reason: "the channel failed" }));
    const at = now();
    if (sent.ok) {
      await book.record(send.id, { state: "sent", error: null, nextTryAt: at }, at);
      log("info", "alert_sent", facts);
      return;
    }
    const { mayRetry, reason } = sent.error;
    const outcome = { ...afterFailure(attempts, mayRetry, at), error: reason };
    await book.record(send.id, outcome, at);
    log("error", "alert_failed", { ...facts, attempts, reason, state: outcome.state });
  } catch (error) {
    // The claim runs out, and a later pass takes it up.
    log("error", "alert_not_recorded", { ...facts, error: errorText(error) });
  }
}

export function messageOf(
  alert: OpenAlert,
  { id, step }: DueSend,
  link: string | null,
): AlertMessage {
  const { clientOrderId, algoId, instrument, label, reason, openedAt, intent, incident } = alert;
  const { side, quantity, type } = intent;
  const order = [side, quantity, instrument, type].filter((word) => typeof word === "string");
  return {
    sendId: id,
    clientOrderId,
    algoId,
    instrument,
    order: incident ?? order.join(" "),
    label,
    ...(incident === undefined ? {} : { incident }),
    reason,
    openedAt,
    step,
    link: link === null ? null : `${link}/${alert.page ?? "orders"}`,
  };
}
