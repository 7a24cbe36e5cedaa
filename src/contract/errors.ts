/** The one shape and the one list of codes of every error that leaves over HTTP or the stream. */
import { z } from "zod";
import { REFUSAL_CODES } from "../domain/risk/refusal.ts";

/** Errors that are not a risk refusal. The order is by topic, not by weight. */
export const GENERAL_ERROR_CODES = [
  "BAD_REQUEST",
  "BODY_TOO_LARGE",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "ORIGIN_NOT_ALLOWED",
  "ACCESS_NOT_CONFIGURED",
  "NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "CONFLICT",
  "RATE_LIMITED",
  "UNKNOWN_INSTRUMENT",
  "UNKNOWN_BROKER",
  "UNKNOWN_ORDER",
  "UNKNOWN_MARKET",
  "ORDER_NOT_LIVE",
  "SHARD_CAPACITY",
  "CONNECTION_LIMIT",
  "DRAINING",
  "SUBSCRIPTION_LIMIT",
  "SIGNAL_LIMIT",
  "REQUEST_LIMIT",
  "MESSAGE_RATE",
  "FRAME_TOO_LARGE",
  "BROKER_UNAVAILABLE",
  "BROKER_SESSION_EXPIRED",
  "BROKER_REJECTED",
  "TOO_EARLY",
  "UNAVAILABLE",
  "INTERNAL",
] as const;

export const ERROR_CODES = [...GENERAL_ERROR_CODES, ...REFUSAL_CODES] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One wrong part of an input: where it stands and what would be right. */
export const errorIssue = z.object({ path: z.string(), message: z.string() });

export const errorBody = z.object({
  error: z.object({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    details: z
      .object({
        issues: z.array(errorIssue).optional(),
        instruments: z.array(z.string()).optional(),
        limit: z.string().nullable().optional(),
        asked: z.string().nullable().optional(),
        have: z.string().nullable().optional(),
        scope: z.string().optional(),
      })
      .nullable(),
    requestId: z.string(),
  }),
});

export type ErrorBody = z.infer<typeof errorBody>;

export type ErrorDetails = ErrorBody["error"]["details"];

/** What a use case or a route says when it cannot do what was asked. */
export interface ApiError {
  code: ErrorCode;
  message: string;
  details: ErrorDetails;
}
