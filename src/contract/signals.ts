/** Signals: how algos talk to each other. A topic, a small JSON value, and a sequence of its own for each topic. */
import { z } from "zod";
import { SIGNAL_TOPICS_PER_CALL_MAX, SIGNAL_VALUE_BYTES_MAX } from "../domain/market-limits.ts";
import { utf8Bytes } from "../domain/utf8.ts";
import { timestamp } from "./primitives.ts";

export { SIGNAL_TOPICS_PER_SOCKET_MAX } from "../domain/market-limits.ts";

/** Also a part of a path, so nothing in it needs to be escaped there. */
export const signalTopic = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_.-]{0,63}$/,
    "must be a topic: 1 to 64 lower-case letters, digits, _, . or -, the first a letter or digit",
  );

/** Topics of one request, without doubles, in the order given. */
export const signalTopics = z
  .array(signalTopic)
  .min(1, "must name at least one topic")
  .max(SIGNAL_TOPICS_PER_CALL_MAX)
  .transform((topics) => [...new Set(topics)]);

/** Any JSON value whose text is short enough. It is measured as a whole: one that is nested too deep to be written is too long. */
export const signalValue = z
  .unknown()
  .refine(isShort, `must be a JSON value of at most ${SIGNAL_VALUE_BYTES_MAX} bytes`);

function isShort(value: unknown): boolean {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text !== undefined && utf8Bytes(text) <= SIGNAL_VALUE_BYTES_MAX;
  } catch {
    return false;
  }
}

export type SignalValue = z.infer<typeof signalValue>;

export const signalRequest = z.strictObject({ value: signalValue });

export const signalView = z.object({
  topic: z.string(),
  /** One more with each value of the topic. */
  seq: z.number().int(),
  value: z.unknown(),
  /** Who published it: `algo:<id>`, or `person:<email>`. */
  by: z.string(),
  at: timestamp,
});

export type SignalView = z.infer<typeof signalView>;
