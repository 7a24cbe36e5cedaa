/** What a submit, a cancel or a change came to. Pure: made from what the platform answered. */
import type { ErrorCode, ErrorDetails } from "../../src/contract/errors.ts";
import type { OrderView } from "../../src/contract/orders.ts";
import { TrunklineConnectionError, TrunklineError } from "./errors.ts";

/** Why it was refused: the limit, what was asked, what is there, and whose rule it was. */
export type RefusalFacts = NonNullable<ErrorDetails>;

export type OrderOutcome =
  /** The platform has the order. Its state tells how far it is; fills follow as `onOrder`. */
  | { outcome: "accepted"; clientOrderId: string; order: OrderView }
  /** Proven: it will not trade. */
  | {
      outcome: "refused";
      clientOrderId: string;
      code: ErrorCode;
      message: string;
      facts: RefusalFacts | null;
      order: OrderView | null;
    }
  /** Proven: nothing left this machine. */
  | { outcome: "not_sent"; clientOrderId: string; message: string }
  /**
   * It may or may not trade. Never send it again under another id: ask with `order(clientOrderId)`,
   * or submit the same order with the same `clientOrderId`, which is safe.
   */
  | { outcome: "unknown"; clientOrderId: string; message: string; order: OrderView | null };

/** The outcome of a submit, read from the order as it stands. */
export function outcomeOfOrder(order: OrderView): OrderOutcome {
  const { clientOrderId, state, reason } = order;
  if (state === "denied") return denied(order);
  if (state === "rejected") {
    const message = reason ?? "rejected by the broker";
    const code = "BROKER_REJECTED";
    return { outcome: "refused", clientOrderId, code, message, facts: null, order };
  }
  if (state === "unknown") {
    const message = reason ?? "the broker has not told what became of it; the platform is asking";
    return { outcome: "unknown", clientOrderId, message, order };
  }
  if (state === "dead_lettered") {
    const message = reason ?? "it stands on the dead-letter desk; a person decides";
    return { outcome: "unknown", clientOrderId, message, order };
  }
  return { outcome: "accepted", clientOrderId, order };
}

function denied(order: OrderView): OrderOutcome {
  const { clientOrderId, refusal } = order;
  if (refusal === null) {
    const message = order.reason ?? "denied by the risk ledger";
    const code = "INTERNAL";
    return { outcome: "refused", clientOrderId, code, message, facts: null, order };
  }
  const { code, message, scope, limit, asked, have } = refusal;
  const facts = { scope, limit, asked, have };
  return { outcome: "refused", clientOrderId, code, message, facts, order };
}

/** `doubt`: the request may have been carried out, so it has to be looked up. */
export type Verdict =
  | { kind: "settled"; outcome: OrderOutcome }
  | { kind: "doubt"; message: string };

/** What an error thrown by a request on an order proves. */
export function verdictOfError(clientOrderId: string, error: unknown): Verdict {
  if (error instanceof TrunklineError) {
    // The platform's own failure (5xx) may have come after the order had left.
    if (error.status !== null && error.status >= 500) {
      return { kind: "doubt", message: `${error.code}: ${error.message}` };
    }
    const { code, message, details } = error;
    return {
      kind: "settled",
      outcome: { outcome: "refused", clientOrderId, code, message, facts: details, order: null },
    };
  }
  if (error instanceof TrunklineConnectionError) {
    if (error.kind !== "not_sent") return { kind: "doubt", message: error.message };
    return {
      kind: "settled",
      outcome: { outcome: "not_sent", clientOrderId, message: error.message },
    };
  }
  throw error;
}
