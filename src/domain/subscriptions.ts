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
  /** What it was, for when it is wanted again before the unsubscribe has left. */
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
    const held = state.wanted.get(instrument) ?? (isGoing?.queued ? isGoing.was : undefined);
    // Once the unsubscribe has left, a late answer to it is about something no longer pending.
    leaving.delete(instrument);
    if (!held) wanted.set(instrument, fresh(mode, now));
    else wanted.set(instrument, held.mode === mode ? held : inMode(held, mode));
  }
  for (const [instrument, was] of state.wanted) {
    if (!wanted.has(instrument) && was.sent)
      leaving.set(instrument, { queued: true, since: now, was });
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
      if (held) next.set(instrument, { ...held, queued: false, since: now });
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

/** The broker's no. `isOverLimit`: because the connection is full. */
export function refuse(
  state: Subscriptions,
  instruments: readonly InstrumentId[],
  now: number,
  isOverLimit = false,
): SubscriptionStep {
  const step = settle(state, instruments, "alarmed", now);
  if (!isOverLimit) return step;
  const wanted = new Map(step.state.wanted);
  for (const instrument of instruments) {
    const held = wanted.get(instrument);
    if (held?.status === "alarmed") wanted.set(instrument, { ...held, isOverLimit });
  }
  return { ...step, state: { ...step.state, wanted } };
}

/** The broker did not look at it: it is asked for again at the next turn. */
export function requeue(state: Subscriptions, instruments: readonly InstrumentId[]): Subscriptions {
  const wanted = new Map(state.wanted);
  for (const instrument of instruments) {
    const held = wanted.get(instrument);
    if (held && held.status !== "confirmed") wanted.set(instrument, { ...held, queued: true });
  }
  return { ...state, wanted };
}

function settle(
  state: Subscriptions,
  instruments: readonly InstrumentId[],
  status: "confirmed" | "alarmed",
  now: number,
): SubscriptionStep {
  const wanted = new Map(state.wanted);
  const changed: InstrumentId[] = [];
  for (const instrument of instruments) {
    const held = wanted.get(instrument);
    if (!held || held.queued || held.status === status) continue;
    wanted.set(instrument, { ...held, status, since: now });
    changed.push(instrument);
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

/**
 * Looks for answers that did not come: a subscribe unanswered for `answerBoundMs` is an alarm, and is asked
 * for again every `retryMs`; an unsubscribe unanswered is sent again.
 */
export function sweep(
  state: Subscriptions,
  now: number,
  bounds: { answerBoundMs: number; retryMs: number },
): SubscriptionStep {
  const wanted = new Map(state.wanted);
  const leaving = new Map(state.leaving);
  const alarmed: InstrumentId[] = [];
  for (const [instrument, held] of state.wanted) {
    if (held.queued || held.status === "confirmed") continue;
    const age = now - held.since;
    if (held.status === "pending" && age >= bounds.answerBoundMs) {
      wanted.set(instrument, { ...held, status: "alarmed", since: now });
      alarmed.push(instrument);
    } else if (held.status === "alarmed" && age >= bounds.retryMs) {
      wanted.set(instrument, { ...held, queued: true });
    }
  }
  for (const [instrument, held] of state.leaving)
    if (!held.queued && now - held.since >= bounds.answerBoundMs)
      leaving.set(instrument, { ...held, queued: true, since: now });
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
