/** What an answer of the paper exchange proves, and what it does not. Doubt is `unknown`, never a guess. Pure. */
import { NO_SESSION } from "../../domain/session-state.ts";
import type { CancelOutcome, SubmitOutcome } from "../broker.ts";
import { parseAs } from "./parse.ts";
import { errorAnswer, orderAnswer, PAPER_ERRORS } from "./wire.ts";
import type { PaperErrorCode } from "./wire.ts";

/** An answer as it came: nothing read into it yet. */
export interface RawAnswer {
  status: number;
  body: string;
}

/** How a call ended without an answer. */
export type NoAnswer =
  /** Proven: the connection was never made, so not one byte left. */
  | { kind: "not_connected"; reason: string }
  /** Proven: without a token nothing was sent, or the exchange said that it did not look at it. */
  | { kind: "session_expired"; reason: string }
  | { kind: "timeout" | "broken"; reason: string };

type ErrorMeaning = "rejected" | "not_sent" | "unknown";

/** What each documented error proves about the request that it answers. */
const MEANING: Record<PaperErrorCode, ErrorMeaning> = {
  BAD_REQUEST: "rejected",
  SESSION_EXPIRED: "not_sent",
  // Said of a sign-in only: as the answer to an order it makes no sense.
  CREDENTIAL_REJECTED: "unknown",
  NOT_FOUND: "rejected",
  ORDER_NOT_OPEN: "rejected",
  REJECTED: "rejected",
  // An order with this id stands: perhaps this very one, from an answer that was lost. Look-ups tell.
  DUPLICATE_CLIENT_ORDER_ID: "unknown",
  RATE_LIMITED: "not_sent",
  INTERNAL: "unknown",
  NOT_ACCEPTED: "not_sent",
};

const refusalOf = (answer: RawAnswer): { outcome: ErrorMeaning; reason: string } => {
  const parsed = parseAs(errorAnswer, answer.body);
  if (!parsed.ok) {
    return { outcome: "unknown", reason: `status ${answer.status} without a readable error` };
  }
  const { code, message } = parsed.value.error;
  return { outcome: MEANING[code], reason: `${code}: ${message}` };
};

const isSuccess = (answer: RawAnswer): boolean => answer.status >= 200 && answer.status < 300;

/** The outcome of a submit, from its answer. */
export function submitOutcome(answer: RawAnswer): SubmitOutcome {
  if (!isSuccess(answer)) return refusalOf(answer);
  const parsed = parseAs(orderAnswer, answer.body);
  if (!parsed.ok)
    return { outcome: "unknown", reason: `unreadable answer: ${parsed.error.reason}` };
  const { brokerOrderId, state } = parsed.value.order;
  return { outcome: "accepted", brokerOrderId, pendingTrigger: state === "pending_trigger" };
}

/** The outcome of a cancel or a modify, from its answer. */
export function cancelOutcome(answer: RawAnswer): CancelOutcome {
  if (!isSuccess(answer)) return refusalOf(answer);
  const parsed = parseAs(orderAnswer, answer.body);
  if (!parsed.ok)
    return { outcome: "unknown", reason: `unreadable answer: ${parsed.error.reason}` };
  return { outcome: "accepted" };
}

/** The outcome of a request that got no answer. */
export const outcomeWithoutAnswer = (
  none: NoAnswer,
): { outcome: "not_sent" | "unknown"; reason: string } => ({
  outcome: none.kind === "timeout" || none.kind === "broken" ? "unknown" : "not_sent",
  reason: none.kind === "session_expired" ? `${NO_SESSION}: ${none.reason}` : none.reason,
});

/** The exchange's word that a token is not taken; null when the answer is anything else. */
export function sessionRefusal(answer: RawAnswer): string | null {
  if (answer.status !== PAPER_ERRORS.SESSION_EXPIRED) return null;
  const parsed = parseAs(errorAnswer, answer.body);
  return parsed.ok && parsed.value.error.code === "SESSION_EXPIRED"
    ? parsed.value.error.message
    : null;
}
