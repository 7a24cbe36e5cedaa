/** What every channel has in common: one message out, and what its answer proves. No address or secret ever comes back. */
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
  /** Where the desk is; null when nobody has said. */
  link: string | null;
}

export interface SendFailure {
  /** False when trying again cannot help: the receiver refused it. */
  mayRetry: boolean;
  reason: string;
  /** Of the answer, if there was one. */
  status?: number;
}

export interface Channel {
  name: ChannelName;
  send(message: AlertMessage, now: number): Promise<Result<null, SendFailure>>;
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

/** How long a receiver may take: the others do not wait for it, but the pass does. */
const SEND_TIMEOUT_MS = 10_000;

/** One request. Its failure is told in our words: an address may itself be a secret. */
export async function post(
  fetch: Fetch,
  url: string,
  init: { headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> },
): Promise<Result<null, SendFailure>> {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
    // A redirect could carry the message, and its secrets, to somebody else.
    response = await fetch(url, { method: "POST", redirect: "manual", signal, ...init });
  } catch {
    return err({ mayRetry: true, reason: "no answer" });
  }
  // Its status is the answer: whatever becomes of the rest, the receiver has decided.
  await response.body?.cancel().catch(() => {});
  if (response.ok) return ok(null);
  const { status } = response;
  const mayRetry = status === 408 || status === 429 || status >= 500;
  return err({ mayRetry, reason: `answered ${status}`, status });
}
