/** What every channel has in common: one message out, and what its answer proves. No address or secret ever comes back. */
import { ALERT_PAUSE_MS_MAX, ALERT_SEND_MS_MAX } from "../domain/alert-limits.ts";
import type { DeadLetterLabel } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";

export const CHANNELS = ["slack", "webhook", "web_push", "email", "sms", "voice"] as const;

export type ChannelName = (typeof CHANNELS)[number];

/** A message of a committed dead letter, in parts that each channel puts together its own way. */
export interface AlertMessage {
  /** The same for each try of the same send, so that a receiver may drop doubles. */
  sendId: string;
  clientOrderId: string;
  algoId: string;
  instrument: string;
  /** E.g. "buy 10 NSE:INFY market". */
  order: string;
  label: DeadLetterLabel;
  /** What it is about, when it is no dead letter. */
  incident?: string;
  reason: string;
  openedAt: number;
  /** 0 for the first telling. */
  step: number;
  /** The page of the dashboard that shows it, e.g. `/system/alerts?incident=…`. */
  path: string;
  /** The same as an address; null when nobody has said where the dashboard is. */
  link: string | null;
}

export interface SendFailure {
  /** False when trying again cannot help: the receiver refused it. */
  mayRetry: boolean;
  reason: string;
  /** Of the answer, if there was one. */
  status?: number;
  /** The receiver asks to be left alone for so long, ms. */
  pauseMs?: number;
  /** The devices that are still to be told, by id, where others were told already. */
  devicesLeft?: readonly string[];
}

export interface Channel {
  name: ChannelName;
  /** Requests that one message may take. */
  requestsMax: number;
  /** With `devicesLeft` only these are told: the others were by an earlier try. */
  send(
    message: AlertMessage,
    now: number,
    devicesLeft?: readonly string[] | null,
  ): Promise<Result<null, SendFailure>>;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const LABEL_WORDS: Record<DeadLetterLabel, string> = {
  not_sent: "was not sent",
  rejected: "was rejected",
  unknown: "has an unknown outcome",
};

/** One line that says what happened and what it is about. */
export const titleOf = ({ incident, order, label }: AlertMessage): string =>
  incident ?? `Order ${LABEL_WORDS[label]}: ${order}`;

/** All of it in a few lines of plain text. */
export function textOf(message: AlertMessage): string {
  const { algoId, clientOrderId, incident, reason, step, link } = message;
  if (incident !== undefined)
    return [incident, reason, ...(link === null ? [] : [link])].join("\n");
  return [
    titleOf(message),
    `Algo ${algoId}, order ${clientOrderId}`,
    `Why: ${reason}`,
    step === 0 ? "Acknowledge it on the desk." : "Still unacknowledged: take it on at the desk.",
    ...(link === null ? [] : [link]),
  ].join("\n");
}

/** One request. Its failure is told in our words: an address may itself be a secret. */
export async function post(
  fetch: Fetch,
  url: string,
  init: { headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> },
): Promise<Result<null, SendFailure>> {
  let response: Response;
  const tooLate = new AbortController();
  // `AbortSignal.timeout` could not be taken back, and would keep the object awake for all of it.
  const timer = setTimeout(() => tooLate.abort(), ALERT_SEND_MS_MAX);
  try {
    const { signal } = tooLate;
    // A redirect could carry the message, and its secrets, to somebody else.
    response = await fetch(url, { method: "POST", redirect: "manual", signal, ...init });
  } catch {
    return err({ mayRetry: true, reason: "no answer" });
  } finally {
    clearTimeout(timer);
  }
  // Its status is the answer: whatever becomes of the rest, the receiver has decided.
  await response.body?.cancel().catch(() => {});
  if (response.ok) return ok(null);
  const { status } = response;
  const mayRetry = status === 408 || status === 429 || status >= 500;
  const pause = status === 429 ? { pauseMs: pauseMs(response.headers.get("retry-after")) } : {};
  return err({ mayRetry, reason: `answered ${status}`, status, ...pause });
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3); whoever says no number is left alone for the longest. */
function pauseMs(seconds: string | null): number {
  const asked = /^\d{1,6}$/.test(seconds ?? "") ? Number(seconds) * 1_000 : ALERT_PAUSE_MS_MAX;
  return Math.min(Math.max(asked, 1_000), ALERT_PAUSE_MS_MAX);
}
