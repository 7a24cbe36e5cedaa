/**
 * Subscription truth of one broker connection: each wanted instrument is pending, confirmed or alarmed,
 * never none and never two of them; what is no longer wanted is `leaving` until the broker says so.
 * Pure: every step takes a state and gives a new one. It never sends anything itself.
 */
import type { InstrumentId } from "./instrument.ts";
import { type FeedMode, higherMode } from "./tick.ts";

export type SubscriptionStatus = "pending" | "confirmed" | "alarmed";

export interface Subscription {
  mode: FeedMode;
  status: SubscriptionStatus;
  /** To be sent at the next turn. */
  queued: boolean;
  /** Has been sent on this connection at least once: letting it go takes an unsubscribe. */
  sent: boolean;
  /** Since when it has this status, or was last sent; ms since 1970. */
  since: number;
  /** Refused because the connection is full: it is asked for again as soon as there is room. */
  isOverLimit?: boolean;
}

export interface Subscriptions {
  readonly wanted: ReadonlyMap<InstrumentId, Subscription>;
  readonly leaving: ReadonlyMap<InstrumentId, Leaving>;
}

export interface Leaving {
  /** The unsubscribe has not been sent yet. */
  queued: boolean;
  since: number;
  /** Unsubscribes sent of it so far. */
  sends: number;
  /** What it was: whether the broker holds it as long as it has not let go. */
  was: Subscription;
}

/** A step's new state and what it changed. */
export interface SubscriptionStep {
  state: Subscriptions;
  /** Became confirmed, or alarmed, in this step. */
  confirmed: InstrumentId[];
  alarmed: InstrumentId[];
}

export const NO_SUBSCRIPTIONS: Subscriptions = { wanted: new Map(), leaving: new Map() };

/** Replaces the wish list. What was already sent is let go by an unsubscribe; what was not, just goes. */
export function want(
  state: Subscriptions,
  wishes: ReadonlyMap<InstrumentId, FeedMode>,
  now: number,
): Subscriptions {
  const wanted = new Map<InstrumentId, Subscription>();
  const leaving = new Map(state.leaving);
  for (const [instrument, mode] of wishes) {
    const isGoing = leaving.get(instrument);
    const held = state.wanted.get(instrument);
    // Once the unsubscribe has left, a late answer to it is about something no longer pending.
    leaving.delete(instrument);
    if (held) wanted.set(instrument, held.mode === mode ? held : inMode(held, mode));
    // Whoever let it go has forgotten that it was confirmed: it is asked for anew, and that answer tells it.
    else wanted.set(instrument, { ...fresh(mode, now), sent: isGoing?.queued ?? false });
  }
  for (const [instrument, was] of state.wanted) {
    if (!wanted.has(instrument) && was.sent)
      leaving.set(instrument, { queued: true, since: now, sends: 0, was });
  }
  return { wanted, leaving };
}

/** Asked for again in place, in another mode. What it brings more has yet to be confirmed; what it brings less has not. */
const inMode = (held: Subscription, mode: FeedMode): Subscription => {
  const isUpgrade = higherMode(held.mode, mode) === mode;
  const status = isUpgrade && held.status === "confirmed" ? "pending" : held.status;
  return { ...held, mode, status, queued: true };
};

const fresh = (mode: FeedMode, now: number): Subscription => ({
  mode,
  status: "pending",
  queued: true,
  sent: false,
  since: now,
});

/** A new connection holds nothing: everything wanted is asked for again, once. */
export function restart(state: Subscriptions, now: number): Subscriptions {
  const wanted = new Map<InstrumentId, Subscription>();
  for (const [instrument, { mode }] of state.wanted) wanted.set(instrument, fresh(mode, now));
  return { wanted, leaving: new Map() };
}

export interface SubscriptionBatch {
  op: "subscribe" | "unsubscribe";
  instruments: InstrumentId[];
  /** Of a subscribe: all of one batch are of one mode. */
  mode: FeedMode;
}

/** The next message to send, at most `batchMax` instruments; null when nothing is queued. */
export function nextBatch(
  state: Subscriptions,
  batchMax: number,
  now: number,
): { state: Subscriptions; batch: SubscriptionBatch } | null {
  // What leaves goes first: it makes room on a connection that is full.
  const leaving = queuedOf(state.leaving).slice(0, batchMax);
  if (leaving.length > 0) {
    const next = new Map(state.leaving);
    for (const instrument of leaving) {
      const held = next.get(instrument);
      if (held) next.set(instrument, { ...held, queued: false, since: now, sends: held.sends + 1 });
    }
    const batch = { op: "unsubscribe", instruments: leaving, mode: "quote" } as const;
    return { state: { ...state, leaving: next }, batch };
  }
  const queued = queuedOf(state.wanted);
  const mode = state.wanted.get(queued[0] ?? "")?.mode;
  if (mode === undefined) return null;
  const instruments = queued
    .filter((instrument) => state.wanted.get(instrument)?.mode === mode)
    .slice(0, batchMax);
  const wanted = new Map(state.wanted);
  for (const instrument of instruments) {
    const held = wanted.get(instrument);
    if (held) {
      const { isOverLimit: _, ...rest } = held;
      wanted.set(instrument, { ...rest, queued: false, sent: true, since: now });
    }
  }
  return { state: { ...state, wanted }, batch: { op: "subscribe", instruments, mode } };
}

const queuedOf = (map: ReadonlyMap<InstrumentId, { queued: boolean }>): InstrumentId[] =>
  [...map].filter(([, { queued }]) => queued).map(([instrument]) => instrument);

/** The broker's yes, or a first tick. One for something not asked for, or not yet, is ignored. */
export function confirm(
  state: Subscriptions,
  instruments: readonly InstrumentId[],
  now: number,
): SubscriptionStep {
  return settle(state, instruments, "confirmed", now);
}

/**
 * The broker's no. `isOverLimit`: because the connection is full. A no to an unsubscribe says that nothing
 * is held; while the subscribe before it is unanswered, the no is the answer to that.
 */
export function refuse(
  before: Subscriptions,
  instruments: readonly InstrumentId[],
  now: number,
  isOverLimit = false,
): SubscriptionStep {
  const state = { ...before, leaving: refusedLeaving(before.leaving, instruments) };
  const step = settle(state, instruments, "alarmed", now);
  if (!isOverLimit) return step;
  const wanted = new Map(step.state.wanted);
  for (const instrument of instruments) {
    const held = wanted.get(instrument);
    if (held?.status === "alarmed") wanted.set(instrument, { ...held, isOverLimit });
  }
  return { ...step, state: { ...step.state, wanted } };
}

function refusedLeaving(
  before: Subscriptions["leaving"],
  instruments: readonly InstrumentId[],
): Subscriptions["leaving"] {
  const leaving = new Map(before);
  for (const instrument of instruments) {
    const going = leaving.get(instrument);
    if (going?.was.status === "pending")
      leaving.set(instrument, { ...going, was: { ...going.was, status: "alarmed" } });
    else if (going?.queued === false) leaving.delete(instrument);
  }
  return leaving;
}

/** The broker did not look at it: it is asked for again at the next turn, and so is to let go of it. */
export function requeue(state: Subscriptions, instruments: readonly InstrumentId[]): Subscriptions {
  const wanted = new Map(state.wanted);
  const leaving = new Map(state.leaving);
  for (const instrument of instruments) {
    const held = wanted.get(instrument);
    if (held && held.status !== "confirmed") wanted.set(instrument, { ...held, queued: true });
    const going = leaving.get(instrument);
    if (going) leaving.set(instrument, { ...going, queued: true });
  }
  return { wanted, leaving };
}

function settle(
  state: Subscriptions,
  instruments: readonly InstrumentId[],
  status: "confirmed" | "alarmed",
  now: number,
): SubscriptionStep {
  const changed = instruments.filter((instrument) => {
    const held = state.wanted.get(instrument);
    return held && !held.queued && held.status !== status;
  });
  // Each tick of what is not live yet comes here: nothing is copied for the many that change nothing.
  if (changed.length === 0) return { state, confirmed: [], alarmed: [] };
  const wanted = new Map(state.wanted);
  for (const instrument of changed) {
    const held = wanted.get(instrument);
    if (held) wanted.set(instrument, { ...held, status, since: now });
  }
  return {
    state: { ...state, wanted },
    confirmed: status === "confirmed" ? changed : [],
    alarmed: status === "alarmed" ? changed : [],
  };
}

/** The broker has let go. A late answer for something wanted again is ignored. */
export function dropped(state: Subscriptions, instruments: readonly InstrumentId[]): Subscriptions {
  const leaving = new Map(state.leaving);
  for (const instrument of instruments)
    if (leaving.get(instrument)?.queued === false) leaving.delete(instrument);
  const waiting = [...state.wanted].filter(([, held]) => held.isOverLimit).map(([id]) => id);
  const hasRoom = leaving.size < state.leaving.size && waiting.length > 0;
  return { ...(hasRoom ? requeue(state, waiting) : state), leaving };
}

export interface SweepBounds {
  answerBoundMs: number;
  retryMs: number;
  /** Unsubscribes sent without an answer before it counts as let go of: some brokers give none. */
  unsubscribesMax: number;
  /** Sent, and still waiting for its turn to be put to the broker: nothing can be unanswered yet. */
  isWaiting?(instrument: InstrumentId): boolean;
}

/**
 * Looks for answers that did not come: a subscribe unanswered for `answerBoundMs` is an alarm, and is asked
 * for again every `retryMs`; an unsubscribe unanswered is sent again, a few times.
 */
export function sweep(state: Subscriptions, now: number, bounds: SweepBounds): SubscriptionStep {
  const wanted = new Map(state.wanted);
  const leaving = new Map(state.leaving);
  const alarmed: InstrumentId[] = [];
  for (const [instrument, held] of state.wanted) {
    if (held.queued || held.status === "confirmed") continue;
    const age = now - held.since;
    if (held.status === "pending" && bounds.isWaiting?.(instrument)) {
      wanted.set(instrument, { ...held, since: now });
    } else if (held.status === "pending" && age >= bounds.answerBoundMs) {
      wanted.set(instrument, { ...held, status: "alarmed", since: now });
      alarmed.push(instrument);
    } else if (held.status === "alarmed" && age >= bounds.retryMs) {
      wanted.set(instrument, { ...held, queued: true });
    }
  }
  for (const [instrument, going] of state.leaving) {
    if (going.queued || now - going.since < bounds.answerBoundMs) continue;
    if (going.sends >= bounds.unsubscribesMax) leaving.delete(instrument);
    else leaving.set(instrument, { ...going, queued: true, since: now });
  }
  return { state: { wanted, leaving }, confirmed: [], alarmed };
}

/** What is to be sent yet: instruments, and the messages that they make. */
export function queueOf(
  state: Subscriptions,
  batchMax: number,
): { instruments: number; messages: number } {
  const kinds = new Map<string, number>();
  const count = (kind: string) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  for (const { queued } of state.leaving.values()) if (queued) count("unsubscribe");
  for (const { queued, mode } of state.wanted.values()) if (queued) count(mode);
  const counts = [...kinds.values()];
  return {
    instruments: counts.reduce((sum, one) => sum + one, 0),
    messages: counts.reduce((sum, one) => sum + Math.ceil(one / batchMax), 0),
  };
}

/** What the broker holds for this connection, as far as is known: confirmed, or not let go of yet. */
export const heldUpstream = (state: Subscriptions): number =>
  [...state.wanted.values()].filter(({ status }) => status === "confirmed").length +
  [...state.leaving.values()].filter(({ was }) => was.status === "confirmed").length;

/** How many of the wanted have each status. */
export function countByStatus(state: Subscriptions): Record<SubscriptionStatus, number> {
  const counts = { pending: 0, confirmed: 0, alarmed: 0 };
  for (const { status } of state.wanted.values()) counts[status] += 1;
  return counts;
}
