/** Answers of the exchange: JSON and its one error shape, and the silence that a time-out is made of. */
import { parseAs } from "../src/brokers/paper/parse.ts";
import { PAPER_ERRORS } from "../src/brokers/paper/wire.ts";
import type { PaperErrorCode } from "../src/brokers/paper/wire.ts";
import type { z } from "zod";
import { err, ok } from "../src/domain/result.ts";
import type { Result } from "../src/domain/result.ts";
import { ORDER_ANSWER_TIMEOUT_MS } from "../src/domain/limits.ts";

export const paperError = (code: PaperErrorCode, message: string): Response =>
  Response.json({ error: { code, message } }, { status: PAPER_ERRORS[code] });

/** A body read by its schema, or the answer that says what is wrong with it and where. */
export async function readBody<T extends z.ZodType>(
  request: Request,
  schema: T,
): Promise<Result<z.output<T>, Response>> {
  const parsed = parseAs(schema, await request.text());
  return parsed.ok ? ok(parsed.value) : err(paperError("BAD_REQUEST", parsed.error.reason));
}

/** Longer than any client of ours waits, so that the answer never comes within its deadline. */
const HOLD_MS = ORDER_ANSWER_TIMEOUT_MS * 2;

/** Says nothing for longer than the client waits, or until it has gone away. */
export function hold(request: Request, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(HOLD_MS, durationMs));
    request.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
