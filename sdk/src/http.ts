/**
 * One request over HTTP with a deadline: answers parsed data, or throws an error that tells whether the
 * platform refused, or the line failed and whether anything may have left this machine.
 */
import type { z } from "zod";
import { errorBody } from "../../src/contract/errors.ts";
import type { Config } from "./config.ts";
import { TrunklineConnectionError, TrunklineError } from "./errors.ts";
import { READ_TIMEOUT_MS } from "./limits.ts";

export type Query = Record<string, string | number | boolean | undefined>;

export interface HttpRequest<Schema extends z.ZodType> {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  answer: Schema;
  query?: Query;
  body?: unknown;
  timeoutMs?: number;
}

/** Failures of a connection attempt: no byte of the request can have left. */
const BEFORE_SENDING: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export class Http {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  async request<Schema extends z.ZodType>(request: HttpRequest<Schema>): Promise<z.output<Schema>> {
    const { method = "GET", path, query = {}, body, timeoutMs = READ_TIMEOUT_MS } = request;
    const url = new URL(this.#config.url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const subject = `${method} ${path}`;
    const headers: Record<string, string> = { authorization: `Bearer ${this.#config.key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw this.#lineError(subject, timeoutMs, error);
    }
    if (status >= 400) throw refusal(subject, status, text);
    const parsed = request.answer.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new TrunklineConnectionError(
      "unreadable",
      `${subject}: the answer cannot be read (${issue?.path.join(".") ?? ""} ${issue?.message ?? ""})`,
    );
  }

  #lineError(subject: string, timeoutMs: number, error: unknown): TrunklineConnectionError {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      return new TrunklineConnectionError(
        "timeout",
        `${subject}: no answer within ${timeoutMs} ms`,
      );
    }
    const code = causeCode(error);
    const { url } = this.#config;
    if (code !== null && BEFORE_SENDING.has(code)) {
      const message = `${subject}: cannot reach Trunkline at ${url} (${code}); is it running? Start it with \`npm start\`, or set TRUNKLINE_URL`;
      return new TrunklineConnectionError("not_sent", message, error);
    }
    const text = error instanceof Error ? error.message : String(error);
    const message = `${subject}: the line to ${url} failed (${code ?? text})`;
    return new TrunklineConnectionError("dropped", message, error);
  }
}

function refusal(subject: string, status: number, text: string): Error {
  const parsed = errorBody.safeParse(parseJson(text));
  if (parsed.success) return new TrunklineError({ ...parsed.data.error, status });
  const start = text.slice(0, 120);
  return new TrunklineConnectionError("unreadable", `${subject}: HTTP ${status}: ${start}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node's fetch keeps the system's error code in the cause; a browser tells none. */
function causeCode(error: unknown): string | null {
  const cause = error instanceof Error ? error.cause : null;
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : null;
}
