/**
 * One pass of one channel over what is open: of those who are due to be told by it, so many as a pass may are told, and what came of
 * it is written down. It reads only what the ledger has committed, and may run twice at once.
 */
import { errorText, type Log } from "../application/log.ts";
import type { Severity } from "../application/reconcile-port.ts";
import {
  ALERT_LANES,
  ALERT_PAGES_MAX,
  ALERT_REQUESTS_PER_PASS,
  ALERTS_PER_PAGE,
  claimMs,
} from "../domain/alert-limits.ts";
import { err, type Result } from "../domain/result.ts";
import type { AlertMessage, Channel, ChannelName, SendFailure } from "./channel.ts";
import {
  afterFailure,
  dueSends,
  lastStepOf,
  POLICIES,
  severityOf,
  withChannels,
  type DueSend,
  type Sent,
} from "./escalation.ts";
import { inLanes } from "./in-lanes.ts";

/** An open dead letter that nobody has acknowledged. */
export interface OpenAlert extends Pick<
  AlertMessage,
  "clientOrderId" | "algoId" | "instrument" | "label" | "reason" | "openedAt" | "incident" | "path"
> {
  /** Of an incident; a dead letter's comes from its label. */
  severity?: Severity;
  acknowledgedAt: number | null;
  intent: Record<string, unknown>;
}

/** What is open, one kind of it, with what was sent of that. */
export interface AlertBook {
  /**
   * What this channel may have to tell: not what it has told up to its last step. The page of this
   * number, from 0; one that is not full is the last.
   */
  open(channel: ChannelName, lastStep: number, page: number): Promise<OpenAlert[]>;
  /** Of each by this channel at least the latest. */
  sends(
    channel: ChannelName,
    clientOrderIds: readonly string[],
  ): Promise<(Sent & { clientOrderId: string })[]>;
  /** How often it was tried, this time included; null when another run has it. Nobody else gets it before `heldUntil`. */
  claim(
    send: DueSend & { clientOrderId: string; openedAt: number },
    heldUntil: number,
    now: number,
  ): Promise<number | null>;
  record(id: string, outcome: Outcome, now: number): Promise<void>;
}

interface Outcome {
  state: "pending" | "sent" | "failed";
  error: string | null;
  nextTryAt: number;
  devicesLeft: readonly string[] | null;
}

export interface TellParts {
  books: readonly AlertBook[];
  /** By which this pass tells. */
  channel: Channel;
  /** All channels that are set up: the steps follow from them. */
  on: ReadonlySet<ChannelName>;
  link: string | null;
  now: () => number;
  log: Log;
}

/** Answers in how many ms the next pass should go on, when this one left something that is due; null when not. */
export async function tellPeople(parts: TellParts): Promise<number | null> {
  const { requestsMax } = parts.channel;
  const most = Math.max(1, Math.floor(ALERT_REQUESTS_PER_PASS / requestsMax));
  const due = await dueNow(parts, most + 1);
  let claimed = 0;
  let pauseMs: number | null = null;
  // A message with many requests has lanes of its own.
  await inLanes(due.slice(0, most), requestsMax > 1 ? 1 : ALERT_LANES, async (one) => {
    // Whoever asks for a pause gets it: what was not begun is due as before.
    if (pauseMs !== null) return;
    const told = await tellOne(parts, one);
    if (told === null) return;
    claimed += 1;
    if (!told.ok) pauseMs = told.error.pauseMs ?? pauseMs;
  });
  if (pauseMs !== null) return pauseMs;
  // Without one that was taken, the database does not take them or another pass has them: the next minute looks again.
  return due.length > most && claimed > 0 ? 0 : null;
}

interface Due {
  book: AlertBook;
  alert: OpenAlert;
  send: DueSend;
  isUntold: boolean;
  severity: Severity;
}

/** Of each book's in turn; first what this channel has not told of, of that the critical. */
async function dueNow(parts: TellParts, enough: number): Promise<Due[]> {
  const all = await Promise.all(parts.books.map((book) => dueOf(parts, book, enough)));
  const longest = Math.max(0, ...all.map((due) => due.length));
  const inTurn = Array.from({ length: longest }, (_, n) => all.flatMap((due) => due[n] ?? []));
  return inTurn.flat().toSorted((a, b) => urgency(a) - urgency(b));
}

const urgency = ({ isUntold, severity }: Due): number =>
  isUntold ? (severity === "critical" ? 0 : 1) : 2;

/** Page by page until there is enough: what was told and is not due again yet must not hold up what is. */
async function dueOf(
  { channel: { name }, on, now }: TellParts,
  book: AlertBook,
  enough: number,
): Promise<Due[]> {
  const policies = {
    critical: withChannels(POLICIES.critical, on),
    serious: withChannels(POLICIES.serious, on),
  };
  const lastStep = lastStepOf(Object.values(policies), name);
  const due: Due[] = [];
  for (let page = 0; page < ALERT_PAGES_MAX; page += 1) {
    const open = await book.open(name, lastStep, page);
    const sent = await book.sends(
      name,
      open.map(({ clientOrderId }) => clientOrderId),
    );
    const at = now();
    for (const alert of open) {
      const ours = sent.filter((send) => send.clientOrderId === alert.clientOrderId);
      const severity = alert.severity ?? severityOf(alert.label);
      const sends = dueSends(policies[severity], alert, ours, at);
      const isUntold = ours.length === 0;
      for (const send of sends)
        if (send.channel === name) due.push({ book, alert, send, isUntold, severity });
    }
    if (open.length < ALERTS_PER_PAGE || due.length >= enough) break;
  }
  return due;
}

/** What the channel answered; null when it was not asked, or what came of it could not be written down. */
async function tellOne(
  { channel, link, now, log }: TellParts,
  { book, alert, send }: Due,
): Promise<Result<null, SendFailure> | null> {
  const { clientOrderId, openedAt } = alert;
  const facts = { clientOrderId, channel: send.channel, step: send.step };
  try {
    const at = now();
    const heldUntil = at + claimMs(channel.requestsMax);
    const attempts = await book.claim({ ...send, clientOrderId, openedAt }, heldUntil, at);
    if (attempts === null) return null;
    const message = messageOf(alert, send, link);
    const sent = await channel
      .send(message, now(), send.devicesLeft)
      .catch((): Result<null, SendFailure> =>
        err({ mayRetry: true, reason: "the channel failed" }),
      );
    const outcome = outcomeOf(sent, attempts, now());
    await book.record(send.id, outcome, now());
    if (sent.ok) log("info", "alert_sent", facts);
    else {
      const { error, state } = outcome;
      log("error", "alert_failed", { ...facts, attempts, reason: error, state });
    }
    return sent;
  } catch (error) {
    // The claim runs out, and a later pass takes it up.
    log("error", "alert_not_recorded", { ...facts, error: errorText(error) });
    return null;
  }
}

/** Given up, it is still told when any device took it; what the others said stays with it. */
function outcomeOf(sent: Result<null, SendFailure>, attempts: number, at: number): Outcome {
  if (sent.ok) return { state: "sent", error: null, nextTryAt: at, devicesLeft: null };
  const { mayRetry, reason, devicesLeft = null } = sent.error;
  const { state, nextTryAt } = afterFailure(attempts, mayRetry, at);
  const wasTold = state === "failed" && devicesLeft !== null;
  return { state: wasTold ? "sent" : state, error: reason, nextTryAt, devicesLeft };
}

export function messageOf(
  alert: OpenAlert,
  { id, step }: DueSend,
  link: string | null,
): AlertMessage {
  const { clientOrderId, algoId, instrument, label, reason, openedAt, intent, incident, path } =
    alert;
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
    path,
    link: link === null ? null : `${link}${path}`,
  };
}
