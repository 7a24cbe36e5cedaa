/** What a shard remembers of each instrument that it holds, and who is to get its ticks. Plain data. */
import type { HandOver, Release } from "../src/application/ports.ts";
import type { Cleaner } from "../src/domain/cleaning.ts";
import { type Cadence, NO_ARRIVAL } from "../src/domain/freshness.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { HAND_OVER_UPDATES_MAX } from "../src/domain/limits.ts";
import type { OrderBook } from "../src/domain/order-book/order-book.ts";
import type { FeedMode, MarketUpdate } from "../src/domain/tick.ts";

/** Consumers with the same list of instruments in the same modes: they share one frame. */
export interface LineGroup {
  instruments: { has(instrument: InstrumentId): boolean };
  /** Lines of the frame in the making. */
  lines: string[];
}

/** Something that only wants to know which instruments have a newer tick than before. */
export interface MarkGroup {
  changed: Set<HeldInstrument>;
}

/**
 * `standby`: another shard still delivers it. `catching_up`: took over, and waits for the mark to pass.
 * `released`: given up to another shard, not yet unsubscribed.
 */
type Phase = "active" | "standby" | "catching_up" | "released";

/** An update that another socket, or another shard, still delivers. */
export interface KeptUpdate {
  update: MarketUpdate;
  receivedTime: number;
}

export interface HeldInstrument {
  readonly instrument: InstrumentId;
  readonly alias: number;
  phase: Phase;
  /** Confirmed upstream or ticking. */
  isLive: boolean;
  /** Why the broker does not give it on this connection; null while nothing says so. */
  alarm: string | null;
  /** Since when data may be missing, ms since 1970; null when none is. */
  lostAt: number | null;
  epoch: number;
  /** Ticks delivered in this epoch: `seq` is the epoch's base plus this. */
  count: number;
  handOver: HandOver | null;
  /** What was answered when it was given up to another shard; null while it is not. */
  release: Release | null;
  /** Judges each update by the good ones before it, delivered or not. */
  readonly cleaner: Cleaner;
  /** How often good updates come. */
  readonly cadence: Cadence;
  /** The hours of its market; null until the manager has told them. */
  calendar: string | null;
  /** Its data is older than usual: entries are refused. */
  isStale: boolean;
  /** Times in which ticks may be missing. */
  gaps: number;
  /** Ticks delivered in earlier epochs. */
  ticksBefore: number;
  /** What is subscribed upstream. */
  mode: FeedMode;
  /** Its order book, where it is subscribed and comes apart from the ticks. */
  orderBook: OrderBook | null;
  /** Last update that came, good or not: another socket of this shard goes on after it. */
  taken: MarketUpdate | null;
  /** What another socket brings up to this one was taken already; null when it has passed. */
  resumesAfter: MarketUpdate | null;
  /** Last update delivered, with its stamp. */
  delivered: MarketUpdate | null;
  receivedTime: number;
  deliveredEpoch: number;
  deliveredSeq: number;
  /** Kept in standby, to be delivered after a hand-over. */
  kept: KeptUpdate[];
  /** Since when all that came would be kept, ms since 1970; null while it does not come, or when that is not known. */
  keptSince: number | null;
  /** Those who want it in mode `quote`. */
  groups: LineGroup[];
  /** Those who want it in another mode, that its line is written for apart. */
  ltpGroups: LineGroup[];
  depthGroups: LineGroup[];
  markGroups: MarkGroup[];
}

/** Keeps one more; the oldest go when they are too many. */
export function keepForHandOver(kept: KeptUpdate[], entry: KeptUpdate): void {
  kept.push(entry);
  if (kept.length > HAND_OVER_UPDATES_MAX) kept.shift();
}

/** Its data may be missing from `at` on. In standby the other shard delivers on; what was kept has a hole now. */
export function lose(held: HeldInstrument, at: number): void {
  if (held.phase !== "standby") held.lostAt = Math.min(held.lostAt ?? at, at);
  held.kept = [];
  held.keptSince = null;
}

/** Its data comes again, and its gap was told. What was let go may be given back: then that is told here. */
export function endGap(held: HeldInstrument): void {
  if (held.phase === "released") return;
  if (held.lostAt !== null) held.gaps += 1;
  held.lostAt = null;
}

/** The broker confirmed it, or it ticks. */
export function goLive(held: HeldInstrument, now: number): void {
  held.isLive = true;
  held.alarm = null;
  held.keptSince ??= now;
}

/** Told from here, and from no other shard. */
export const isDelivered = ({ phase }: Pick<HeldInstrument, "phase">): boolean =>
  phase !== "standby" && phase !== "released";

/** What its exchange said of later was said before its clock was set back: nothing is judged by that. */
export function forgetLaterThan(held: HeldInstrument, exchangeTime: number): void {
  const isLater = (said: number | null = null): boolean => said !== null && said > exchangeTime;
  held.kept = held.kept.filter(({ update }) => !isLater(update.exchangeTime));
  // The other shard's last update is not waited for: it will not be passed before the clock is there again.
  if (held.phase === "catching_up" && isLater(held.handOver?.after?.exchangeTime))
    held.phase = "active";
  if (isLater(held.taken?.exchangeTime)) held.taken = null;
  if (isLater(held.resumesAfter?.exchangeTime)) held.resumesAfter = null;
  if (!isLater(held.cleaner.seen?.exchangeTime ?? held.cadence.exchangeTime)) return;
  held.cleaner.forget();
  Object.assign(held.cadence, NO_ARRIVAL);
}

/** The groups of an instrument that get its ticks in this mode. */
export const groupsOf = (held: HeldInstrument, mode: FeedMode): LineGroup[] =>
  mode === "quote" ? held.groups : mode === "ltp" ? held.ltpGroups : held.depthGroups;

/** Confirmed, delivered from here, and as young as its data usually is. */
export const isToldLive = (held: HeldInstrument): boolean =>
  held.isLive && isDelivered(held) && !held.isStale;

/** Not assigned any more: kept for its numbers alone. */
export function retire(held: HeldInstrument): void {
  Object.assign(held, { isLive: false, alarm: null, lostAt: null, kept: [], keptSince: null });
  Object.assign(held, noGroups());
}

/** Assigned again. Its last price may be hours old by now: nothing is judged by it. */
export function comeBack(held: HeldInstrument): void {
  Object.assign(held, { phase: "active", handOver: null, release: null, delivered: null });
  Object.assign(held, { taken: null, resumesAfter: null, orderBook: null, isStale: false });
  held.cleaner.forget();
  Object.assign(held.cadence, NO_ARRIVAL);
}

export const noGroups = () => ({ groups: [], ltpGroups: [], depthGroups: [], markGroups: [] });

/** As an instrument is when it is first held: nothing is known of it. The judge of its ticks is its holder's to make. */
export const newlyHeld = (
  instrument: InstrumentId,
  alias: number,
  epoch: number,
): Omit<HeldInstrument, "cleaner"> => ({
  instrument,
  alias,
  phase: "active",
  isLive: false,
  alarm: null,
  lostAt: null,
  epoch,
  count: 0,
  handOver: null,
  release: null,
  taken: null,
  resumesAfter: null,
  delivered: null,
  receivedTime: 0,
  deliveredEpoch: 0,
  deliveredSeq: 0,
  kept: [],
  keptSince: null,
  ...noGroups(),
  cadence: { ...NO_ARRIVAL },
  calendar: null,
  isStale: false,
  gaps: 0,
  ticksBefore: 0,
  mode: "quote",
  orderBook: null,
});
