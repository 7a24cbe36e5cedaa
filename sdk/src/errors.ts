/** What can go wrong, by kind: a refusal is never mistaken for a broken line, nor a line for a refusal. */
import type { ErrorCode, ErrorDetails } from "../../src/contract/errors.ts";

/** The platform understood and said no. `code` and `details` are those of its API. */
export class TrunklineError extends Error {
  override name = "TrunklineError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** HTTP status; null when it came over the stream, or was found before sending. */
  readonly status: number | null;
  /** Names the request in the platform's log. */
  readonly requestId: string | null;

  constructor(refusal: {
    code: ErrorCode;
    message: string;
    details?: ErrorDetails;
    status?: number | null;
    requestId?: string | null;
  }) {
    super(refusal.message);
    this.code = refusal.code;
    this.details = refusal.details ?? null;
    this.status = refusal.status ?? null;
    this.requestId = refusal.requestId ?? null;
  }
}

/**
 * `not_sent`: proven that nothing left this machine. `timeout`, `dropped`, `unreadable`: the request
 * may have been carried out.
 */
export type ConnectionFailure = "not_sent" | "timeout" | "dropped" | "unreadable";

/** The line to the platform failed: this says nothing about what the platform did. */
export class TrunklineConnectionError extends Error {
  override name = "TrunklineConnectionError";
  readonly kind: ConnectionFailure;

  constructor(kind: ConnectionFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** What was awaited did not come in time. */
export class TrunklineTimeoutError extends Error {
  override name = "TrunklineTimeoutError";
}

/** The algo was set up wrongly; the message says how to put it right. */
export class TrunklineConfigError extends Error {
  override name = "TrunklineConfigError";
}

/** A handler of the algo threw; `cause` is what it threw. */
export class AlgoHandlerError extends Error {
  override name = "AlgoHandlerError";
  readonly handler: string;

  constructor(handler: string, subject: string, cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause);
    super(`${handler}${subject === "" ? "" : ` (${subject})`} threw: ${text}`, { cause });
    this.handler = handler;
  }
}

/** The algo was stopped while this was still awaited. */
export class AlgoStoppedError extends Error {
  override name = "AlgoStoppedError";
}

/** Refusals that trying again cannot cure: a person has to change the key or the set-up. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "ACCESS_NOT_CONFIGURED",
  "ORIGIN_NOT_ALLOWED",
]);

export const isHopeless = (error: unknown): error is TrunklineError =>
  error instanceof TrunklineError && HOPELESS.has(error.code);
