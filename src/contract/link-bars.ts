/**
 * Bars on the link between a shard and a market: which ones a market wants, and what the shard has built
 * of them. Both are told whole, so that telling them again changes nothing.
 */
import { z } from "zod";
import type { CandlePart } from "../domain/candle-builder.ts";

const PART_FIELDS = [
  "time",
  "epoch",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "firstTime",
  "firstSeq",
  "lastTime",
  "lastSeq",
  "amendedAt",
] as const satisfies readonly (keyof CandlePart)[];

const bars = z.object({
  alias: z.number().int(),
  unit: z.enum(["1s", "1m"]),
  /** Every bar that ends by then is closed, by the exchange's clock. */
  until: z.number(),
  /** The exchange's clock was set back since these bars were told last: what was told before is of another time. */
  isSetBack: z.literal(true).optional(),
  parts: z.array(z.array(z.number()).length(PART_FIELDS.length)),
});

/** What a shard built of one instrument: the parts that changed, each whole. */
export interface LinkBars {
  alias: number;
  unit: "1s" | "1m";
  until: number;
  isSetBack?: true | undefined;
  parts: CandlePart[];
}

/** A line from a shard. */
export const barsLine = ({ parts, ...rest }: LinkBars): string =>
  `B${JSON.stringify({ ...rest, parts: parts.map((part) => PART_FIELDS.map((field) => part[field])) })}`;

/** Null when it cannot be read. `value` as it was parsed from the line's JSON. */
export function readBars(value: unknown): LinkBars | null {
  const read = bars.safeParse(value);
  if (!read.success) return null;
  return { ...read.data, parts: read.data.parts.map(partOf) };
}

const partOf = (values: number[]): CandlePart => {
  const part = Object.fromEntries(PART_FIELDS.map((field, at) => [field, values[at] ?? 0]));
  return part as Record<keyof CandlePart, number>;
};

const wants = z.object({
  "1s": z.array(z.number().int()),
  "1m": z.array(z.number().int()),
});

/** The aliases of which a market wants bars, all of them, by the length of the parts. */
export type BarWants = z.infer<typeof wants>;

/** What a market sends to a shard. */
export const wantsText = (value: BarWants): string => `B${JSON.stringify(value)}`;

/** Null for anything else that a market sends. */
export function readWants(text: string): BarWants | null {
  if (!text.startsWith("B")) return null;
  try {
    return wants.safeParse(JSON.parse(text.slice(1))).data ?? null;
  } catch {
    return null;
  }
}
