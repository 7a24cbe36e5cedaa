/** Reads what an algo sent on the stream, and says what is wrong with it: where, and what would be right. */
import { z } from "zod";
import { err, ok, type Result } from "../domain/result.ts";
import { issueText } from "./issue-text.ts";
import { streamRequest, type StreamRequest } from "./stream.ts";

export interface StreamRequestFault {
  message: string;
  /** As far as it could be read, so that the answer can be matched. */
  requestId: string | undefined;
}

const OPERATIONS = "subscribe, unsubscribe, publish, ping or ack";

/** Total: any text gives a request or a fault. */
export function parseStreamRequest(text: string): Result<StreamRequest, StreamRequestFault> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ message: "a text frame with one JSON object is expected", requestId: undefined });
  }
  const parsed = streamRequest.safeParse(value, { error: issueText });
  if (parsed.success) return ok(parsed.data);
  const known = z.object({ requestId: z.string().max(64) }).safeParse(value);
  return err({
    message: explain(parsed.error.issues),
    requestId: known.success ? known.data.requestId : undefined,
  });
}

/** The issues of the alternative that was meant: the one whose `op` and `channel` fit, with the fewest issues. */
function explain(issues: readonly z.core.$ZodIssue[]): string {
  const [first] = issues;
  if (first?.code !== "invalid_union") return issues.map(describe).join("; ");
  const fitting = first.errors.filter((alternative) => !alternative.some(isAboutKind));
  const [best] = fitting.toSorted((a, b) => a.length - b.length);
  if (best) return best.map(describe).join("; ");
  const opFits = first.errors.some(
    (alternative) => !alternative.some(({ path }) => path[0] === "op"),
  );
  if (opFits) return "channel: must be ticks, candles, orders, risk, signals or status";
  return `op: must be ${OPERATIONS}`;
}

const isAboutKind = ({ path }: z.core.$ZodIssue): boolean =>
  path.length === 0 ? false : path[0] === "op" || path[0] === "channel";

const describe = ({ path, message }: z.core.$ZodIssue): string =>
  path.length === 0 ? message : `${path.join(".")}: ${message}`;
