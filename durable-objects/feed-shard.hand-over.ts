/** How an instrument passes from one shard to another: what the one answers as it lets go, and where the other goes on. */
import type { AssignedInstrument, HandOver, Release } from "../src/application/ports.ts";
import { handOverPlace, resumeAfter } from "../src/domain/hand-over.ts";
import { HAND_OVER_UPDATES_MAX } from "../src/domain/limits.ts";
import { CLOCK_SKEW_TICK_MS_MAX } from "../src/domain/quality-limits.ts";
import type { MarketUpdate } from "../src/domain/tick.ts";
import type { HeldInstrument, KeptUpdate } from "./feed-shard.held.ts";

/** Whether what was let go stays so: the hand-over is still the one under which it was delivered. */
export const isReleased = (
  release: Release,
  entry: Pick<AssignedInstrument, "standby" | "handOver"> | undefined,
): boolean =>
  entry !== undefined && !entry.standby && release.epoch === (entry.handOver?.epoch ?? 0);

/** Stops delivering an instrument; asked again, it answers the same. */
export function letGo(held: HeldInstrument, now: number): Release {
  const { instrument, handOver, delivered, isLive, lostAt } = held;
  held.phase = "released";
  held.release ??= {
    instrument,
    epoch: handOver?.epoch ?? 0,
    // Whoever took over and has told nothing yet still stands at the last update of the one before.
    last: delivered ?? handOver?.after ?? null,
    wholeUntil: lostAt ?? (isLive ? now : null),
  };
  return held.release;
}

/** Another shard delivers it from now on: what was told here before says nothing any more. */
export function standBy(held: HeldInstrument, now: number): void {
  if (held.phase === "standby") return;
  const keptSince = held.isLive ? now : null;
  Object.assign(held, { phase: "standby", delivered: null, lostAt: null, kept: [], keptSince });
}

/**
 * Goes on where the other shard stopped: answers what is to be delivered of what was kept. `exchangeTime`: where
 * the exchange's clock stands; null when that is not known.
 */
export function takeOver(
  held: HeldInstrument,
  handOver: HandOver | null,
  now: number,
  exchangeTime: number | null = null,
): KeptUpdate[] {
  const { kept } = held;
  const mark = markOf(handOver, exchangeTime);
  const updates = kept.map(({ update }) => update);
  const resumed = mark ? resumeAfter(mark, updates) : { deliver: updates, reached: true };
  held.lostAt = missingSince(held, handOver, mark, now);
  held.kept = [];
  held.phase = resumed.reached ? "active" : "catching_up";
  return kept.slice(kept.length - resumed.deliver.length);
}

/** The last update of the shard before. One that the exchange's clock has not reached is of before it was set back: it marks nothing now. */
function markOf(handOver: HandOver | null, exchangeTime: number | null): MarketUpdate | null {
  const mark = handOver?.after ?? null;
  if (exchangeTime === null || mark === null || mark.exchangeTime === null) return mark;
  return mark.exchangeTime - exchangeTime > CLOCK_SKEW_TICK_MS_MAX ? null : mark;
}

/** Since when data is missing that neither shard has; null when none is. */
function missingSince(
  held: HeldInstrument,
  handOver: HandOver | null,
  mark: MarketUpdate | null,
  now: number,
): number | null {
  const { kept, isLive, keptSince } = held;
  const wholeUntil = handOver?.wholeUntil ?? null;
  // Its own connection is down just now.
  if (!isLive) return wholeUntil ?? now;
  if (wholeUntil === null) return null;
  // What reaches back to the other's last update leaves nothing out after it.
  if (mark && kept.some(({ update }) => handOverPlace(mark, update) !== "after")) return null;
  const isCut = kept.length >= HAND_OVER_UPDATES_MAX;
  const since = (isCut ? null : keptSince) ?? kept[0]?.receivedTime ?? now;
  return since > wholeUntil ? wholeUntil : null;
}

/** Its object was evicted: data may be missing since the last checkpoint, also of what was let go meanwhile. */
export function wasEvicted(held: HeldInstrument, dataAt: number): void {
  const { release } = held;
  held.lostAt = dataAt;
  if (release)
    held.release = { ...release, wholeUntil: Math.min(release.wholeUntil ?? dataAt, dataAt) };
}
