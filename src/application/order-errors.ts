/** The order use cases' refusals and problems as API errors. HTTP statuses are the API's business. */
import type { ApiError, ErrorDetails } from "../contract/errors.ts";
import type { Explanation } from "../domain/risk/explain.ts";
import type { Refusal } from "../domain/risk/refusal.ts";
import type { OrderProblem } from "./ports.ts";

export const apiError = (
  code: ApiError["code"],
  message: string,
  details: ErrorDetails = null,
): ApiError => ({ code, message, details });

/** A wrong part of the request that only a use case can see. */
export const badField = (path: string, message: string): ApiError =>
  apiError("BAD_REQUEST", `${path}: ${message}`, { issues: [{ path, message }] });

/** The ledger's refusal with its facts; `instrument` is named when it is the trouble. */
export function refusalError(refusal: Refusal, instrument?: string): ApiError {
  const { code, message, scope, limit, asked, have } = refusal;
  const named = code === "INSTRUMENT_UNKNOWN" && instrument !== undefined;
  return apiError(code, message, {
    scope,
    limit,
    asked,
    have,
    ...(named ? { instruments: [instrument] } : {}),
  });
}

/** What the ledger would refuse an order with, by its explanation; null when it would take it. */
export function explainedError({ refusedBy, checks }: Explanation): ApiError | null {
  if (refusedBy === null) return null;
  const check = checks.find(({ code }) => code === refusedBy);
  const worst = check?.margins.at(-1);
  return apiError(
    refusedBy,
    check?.message ?? "the ledger would refuse it",
    worst ? { scope: worst.scope, limit: worst.limit, asked: worst.asked, have: worst.have } : null,
  );
}

/** Why a broker's list of instruments is not there. `noSession`: why there is no session; null when there is one. */
export const instrumentsUnread = (broker: string, noSession: string | null): ApiError =>
  noSession !== null
    ? apiError(
        "BROKER_SESSION_EXPIRED",
        `${broker} tells its instruments to nobody without a session, and there is none: ${noSession}. Nothing was sent. Sign in (POST /v1/brokers/${broker}/session, or "Sign in at ${broker}" in the dashboard), then ask again.`,
      )
    : apiError(
        "BROKER_UNAVAILABLE",
        `the list of instruments of ${broker} has not been read yet; nothing was sent: try again.`,
      );

export const unknownOrder = (clientOrderId: string): ApiError =>
  apiError("UNKNOWN_ORDER", `there is no order ${clientOrderId}`);

export function problemError(problem: OrderProblem, clientOrderId: string): ApiError {
  switch (problem) {
    case "absent":
      return unknownOrder(clientOrderId);
    case "ended":
      return apiError("ORDER_NOT_LIVE", `order ${clientOrderId} can trade no more`);
    case "not_permitted":
      return apiError(
        "ORDER_NOT_LIVE",
        `order ${clientOrderId} is in a state that does not permit this now; read it and try again`,
      );
  }
}
