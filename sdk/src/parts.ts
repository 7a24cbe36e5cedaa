/** Cuts what is asked for with bars of history, so that no message asks for more than the platform takes in one. */
import { STREAM_REQUEST_BARS_MAX } from "../../src/contract/stream-candles.ts";

/** `history`: bars of each; null for none. Nothing asked for is one empty part, so that it is refused as what it is. */
export function partsOf(instruments: readonly string[], history: number | null): string[][] {
  const size = Math.max(1, Math.floor(STREAM_REQUEST_BARS_MAX / (history ?? 1)));
  if (instruments.length <= size) return [[...instruments]];
  const count = Math.ceil(instruments.length / size);
  return Array.from({ length: count }, (_, at) => instruments.slice(at * size, (at + 1) * size));
}
