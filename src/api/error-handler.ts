/**
 * Every error leaves through here, in one shape: `{ error: { code, message, details, requestId } }`.
 * What nobody expected is logged with its request id and tells the client nothing of the inside.
 */
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import type { Log } from "../application/log.ts";
import { errorText } from "../application/log.ts";
import type { ApiError, ErrorBody, ErrorDetails } from "../contract/errors.ts";
import type { Result } from "../domain/result.ts";
import type { ApiContext } from "./context.ts";
import { ERROR_STATUS } from "./error-status.ts";

/** Carries an expected refusal from a route or a middleware to the error handler, and no further. */
export class ApiFailure extends Error {
  override name = "ApiFailure";
  readonly error: ApiError;
  constructor(error: ApiError) {
    super(error.message);
    this.error = error;
  }
}

export function fail(
  code: ApiError["code"],
  message: string,
  details: ErrorDetails = null,
): ApiFailure {
  return new ApiFailure({ code, message, details });
}

/** The value, or its refusal on the way to the error handler. */
export function orFail<T>(result: Result<T, ApiError>): T {
  if (!result.ok) throw new ApiFailure(result.error);
  return result.value;
}

export function errorResponse(c: ApiContext, { code, message, details }: ApiError): Response {
  const body: ErrorBody = { error: { code, message, details, requestId: c.get("requestId") } };
  return c.json(body, ERROR_STATUS[code]);
}

/** A refusal of the zod schema that guards a part of a request. `target` is `json`, `query` or `param`. */
export function badInput(error: z.core.$ZodError, target: string): ApiFailure {
  const where = target === "json" ? "body" : target;
  const issues = error.issues.slice(0, ISSUES_MAX).map((issue) => ({
    path: [...(issue.path.length > 0 ? issue.path : [where])].map(String).join("."),
    message: issue.message.slice(0, MESSAGE_LENGTH_MAX),
  }));
  const [first] = issues;
  const message = first ? `${first.path}: ${first.message}` : `The ${where} is not valid.`;
  return fail("BAD_REQUEST", message, { issues });
}

/** Enough to mend any honest mistake; a hostile body must not be answered with a larger one. */
const ISSUES_MAX = 20;
const MESSAGE_LENGTH_MAX = 300;

export function errorHandler(log: Log) {
  return (error: Error, c: ApiContext): Response => {
    if (error instanceof ApiFailure) return errorResponse(c, error.error);
    if (error instanceof HTTPException) return errorResponse(c, frameworkError(error));
    const facts = { requestId: c.get("requestId"), method: c.req.method, path: c.req.path };
    log("error", "request_failed", { ...facts, error: errorText(error), stack: error.stack });
    return errorResponse(c, {
      code: "INTERNAL",
      message: "Something went wrong here. Quote the request id when you report it.",
      details: null,
    });
  };
}

/** Hono itself refuses only a body that is no JSON, or that does not say that it is. */
function frameworkError(error: HTTPException): ApiError {
  const message =
    error.status === 415
      ? "The body must be JSON, with content-type: application/json."
      : "The body is not valid JSON.";
  const details = { issues: [{ path: "body", message }] };
  return { code: "BAD_REQUEST", message, details };
}
