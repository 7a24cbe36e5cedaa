/** A gap in the trades of one instrument, in a sentence. Pure. */
import type { StreamMessage } from "../../../../src/contract/stream.ts";
import { formatClock } from "../../format/time.ts";

export type Gap = Extract<StreamMessage, { type: "gap" }>;

export function gapText({ from, to, filled, filledWith, lateTicks = 0 }: Gap): string {
  const span = `Gap ${formatClock(from)} to ${formatClock(to)}`;
  if (filled === undefined) return `${span}: being filled in`;
  if (!filled) return `${span}: could not be filled in`;
  if (filledWith !== "ticks") return `${span}: filled in with the broker's bars`;
  if (lateTicks === 0) return `${span}: nothing was traded in it`;
  return `${span}: filled in with ${lateTicks} late ${lateTicks === 1 ? "trade" : "trades"}`;
}

/** History says by its marks what became of a gap; what was said of it while the line was down, nobody heard. */
export const gapAfterHistory = (gap: Gap | null): Gap | null =>
  gap?.filled === undefined ? null : gap;
