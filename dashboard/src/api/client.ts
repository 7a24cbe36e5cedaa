/** Calls the API and parses every answer with the contract's schema; a failure is always an `ApiFailure`. */
import type { z } from "zod";
import { errorBody, type ErrorCode, type ErrorDetails } from "../../../src/contract/errors.ts";
import { currentSession, expireSession, refuseSession } from "./session.ts";

/** `NETWORK`: no answer came. `UNREADABLE`: an answer came that the contract does not know. `BROWSER`: the browser itself refused. */
export type FailureCode = ErrorCode | "NETWORK" | "UNREADABLE" | "BROWSER";

export class ApiFailure extends Error {
  readonly code: FailureCode;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly details: ErrorDetails;
  readonly requestId: string | null;

  constructor(
    code: FailureCode,
    message: string,
    more: { status?: number; details?: ErrorDetails; requestId?: string | null } = {},
  ) {
    super(message);
    this.name = "ApiFailure";
    this.code = code;
    this.status = more.status ?? 0;
    this.details = more.details ?? null;
    this.requestId = more.requestId ?? null;
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

interface CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** Uses this key instead of the session's: the sign-in form trying one. */
  key?: string;
}

/** An order must not hang for ever; a page of the tradebook may take a few seconds. */
const CALL_TIMEOUT_MS = 20_000;

function address(path: string, query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function send(path: string, options: CallOptions): Promise<Response> {
  const headers = new Headers({ accept: "application/json" });
  const key = options.key ?? currentSession().key;
  if (key) headers.set("authorization", `Bearer ${key}`);
  if (options.body !== undefined) headers.set("content-type", "application/json");
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await fetch(address(path, options.query), {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: "same-origin",
      // Access answers an expired cookie with a redirect to its sign-in page, which is not ours to follow.
      redirect: "manual",
      signal,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    const why = timeout.aborted ? "did not answer in time" : "cannot be reached";
    throw new ApiFailure("NETWORK", `Trunkline ${why}. Check the connection; this is retried.`);
  }
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const parsed = errorBody.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    const message = `Trunkline answered ${response.status} without an explanation.`;
    return new ApiFailure("UNREADABLE", message, { status: response.status });
  }
  const { code, message, details, requestId } = parsed.data.error;
  return new ApiFailure(code, message, { status: response.status, details, requestId });
}

/** One call. Throws `ApiFailure`; a 401 also closes the session, so that the sign-in form shows. */
export async function call<S extends z.ZodType>(
  schema: S,
  path: string,
  options: CallOptions = {},
): Promise<z.output<S>> {
  const response = await send(path, options);
  if (response.type === "opaqueredirect") {
    expireSession();
    throw new ApiFailure("UNAUTHENTICATED", "Your sign-in has expired. Reload the page.");
  }
  if (!response.ok) {
    if (response.status === 401 && options.key === undefined) refuseSession();
    throw await failureOf(response);
  }
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first ? ` (${first.path.join(".")}: ${first.message})` : "";
  throw new ApiFailure("UNREADABLE", `The answer of ${path} could not be read${where}.`, {
    status: response.status,
  });
}
