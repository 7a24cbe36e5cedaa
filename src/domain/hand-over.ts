/**
 * One instrument moves from one shard to another without a tick lost or told twice. Both see the
 * broker's same updates, but share no number for them: the new one finds its place by the last update
 * that the old one delivered. Pure.
 */
import { isSameUpdate } from "./cleaning.ts";
import type { MarketUpdate } from "./tick.ts";

/** `before`: already delivered by the other shard. `mark`: its very last. `after`: not delivered yet. */
export type HandOverPlace = "before" | "mark" | "after";

/** Where an update stands to the last one that the other shard delivered. */
export function handOverPlace(mark: MarketUpdate, update: MarketUpdate): HandOverPlace {
  if (isSameUpdate(mark, update)) return "mark";
  // Without the exchange's clock nothing can be said: twice is better than never.
  if (mark.exchangeTime === null || update.exchangeTime === null) return "after";
  return update.exchangeTime > mark.exchangeTime ? "after" : "before";
}

/**
 * Splits what the new shard has kept: `deliver` is what comes after the mark; `reached` says whether the
 * mark has been passed, so that everything from now on is to be delivered too.
 */
export function resumeAfter(
  mark: MarketUpdate,
  kept: readonly MarketUpdate[],
): { deliver: MarketUpdate[]; reached: boolean } {
  const at = kept.findLastIndex((update) => handOverPlace(mark, update) === "mark");
  if (at >= 0) return { deliver: kept.slice(at + 1), reached: true };
  const first = kept.findIndex((update) => handOverPlace(mark, update) === "after");
  return { deliver: first < 0 ? [] : kept.slice(first), reached: first >= 0 };
}
