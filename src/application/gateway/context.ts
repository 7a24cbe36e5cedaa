/** What the parts of a gateway share: its ports, and the little it holds in memory and may lose. */
import { assert } from "../../domain/assert.ts";
import { ORDER_LOOK_DELAY_MS } from "../../domain/limits.ts";
import type { Order } from "../../domain/order.ts";
import type { GatewayOutcome, ReserveAsk, ReservedOne } from "../ports.ts";
import { Agreed } from "./agreed.ts";
import { ARCHIVING, type Archiving } from "./archiving.ts";
import { reopenBrackets, wakeBracket } from "./bracket-notes.ts";
import { applyEvidence, isFromBefore, post, type Evidence } from "./evidence.ts";
import { countFill, heedRealFill } from "./inferred-fills.ts";
import { Limiter, metered } from "./limiter.ts";
import type { GatewayPorts } from "./ports.ts";
import { noteRevival } from "./revivals.ts";
import { stagesOf, type GatewayOrder, type RecordChange } from "./record.ts";

/** A piece of evidence with where it came from. */
export interface Sighting {
  clientOrderId: string | null;
  brokerOrderId: string;
  evidence: Evidence;
  at: number;
  /** By the order stream, which may be late; left out where the broker was asked. */
  streamed?: true;
}

export interface InFlight {
  done: Promise<GatewayOutcome>;
  /** What the stream said while the answer was awaited, in order. */
  inbox: Sighting[];
  /** When it was recorded, until its answer or its doubt is; null before and after. */
  recordedAt: number | null;
}

/** An intent that waits for the ledger's word. */
export interface Asking {
  ask: ReserveAsk;
  resolve: (answer: ReservedOne) => void;
  reject: (error: unknown) => void;
}

export interface Unplaced {
  sighting: Sighting;
  /** Those that were in flight when it came, and still are. */
  waitsFor: Set<string>;
}

/** Somebody who waits until the ledger has what was there when they came. */
export interface PostWaiter {
  /** The newest post of that moment. */
  upTo: number;
  /** The order that they answer with, and what the ledger last said of it. */
  clientOrderId: string | null;
  order: Order | null;
  resolve: (order: Order | null) => void;
  reject: (error: unknown) => void;
}

/** Memory of one run of the object. After a crash, the records say all that matters. */
export interface GatewayContext extends GatewayPorts {
  limiter: Limiter;
  /** Orders that the broker showed just as they are recorded. */
  agreed: Agreed;
  inFlight: Map<string, InFlight>;
  /** Sightings without our id that came while some submit was in flight: perhaps of that very order. */
  unplaced: Unplaced[];
  /** Broker's ids of which no submit in flight when they were first seen was: none that leaves later can be. */
  strangers: Set<string>;
  /** Intents that go to the ledger with the next call. */
  asking: Asking[];
  /** Orders whose cancel, new terms or look-up is under way: one call at a time for each. */
  busy: Set<string>;
  /** Whether posts are on their way to the ledger: one call at a time, so that they come in order. */
  isPosting: boolean;
  postWaiters: PostWaiter[];
  /** When the last order left for the broker. */
  lastLeftAt: number | null;
  /** No flush is tried before this, after one has failed. */
  flushAfter: number;
  /** The ledger is not asked what is there to be closed before this, after it could not be. */
  trimAfter: number;
  /** Nothing is told to people before this, after one thing could not be. */
  tellAfter: number;
  /** When the broker's list was last read before its turn. */
  polledEarlyAt: number;
  archiving: Archiving;
  /** When the last slice of what ended long ago was let go of. */
  archivedAt: number;
}

export function gatewayContext(ports: GatewayPorts): GatewayContext {
  const limiter = new Limiter(ports.broker.rules, ports);
  return {
    ...ports,
    broker: metered(ports.broker, limiter),
    limiter,
    agreed: new Agreed(),
    inFlight: new Map(),
    unplaced: [],
    strangers: new Set(),
    asking: [],
    busy: new Set(),
    isPosting: false,
    postWaiters: [],
    lastLeftAt: null,
    flushAfter: 0,
    trimAfter: 0,
    tellAfter: 0,
    polledEarlyAt: -Infinity,
    archiving: ports.archiving ?? ARCHIVING,
    archivedAt: 0,
  };
}

/** The delay before the next look at something in doubt. */
export const lookDelayMs = (looks: number): number => {
  const delay = ORDER_LOOK_DELAY_MS[Math.min(looks, ORDER_LOOK_DELAY_MS.length - 1)];
  assert(delay !== undefined, "there is a delay for each look");
  return delay;
};

/** The highest epoch of the lease that this gateway has heard of, `heard` among them: nothing below it leaves. */
export function latestEpoch({ store }: GatewayPorts, heard: number): number {
  const known = store.number("epoch_seen");
  if (heard > known) store.setNumber("epoch_seen", heard);
  return Math.max(known, heard);
}

/** Stores a change with its posts, stamped. */
export function save(context: GatewayContext, change: Omit<RecordChange, "executions">): void {
  const order = { ...change.order, updatedAt: context.now() };
  context.store.save({ order, posts: change.posts, executions: [] });
  context.agreed.written(order);
}

/**
 * Folds a sighting into the record and stores both at once. Read the order from storage right
 * before, with no await between: other sightings may have come meanwhile.
 */
export function book(
  context: GatewayContext,
  order: GatewayOrder,
  sighting: Sighting,
): GatewayOrder {
  const { evidence, brokerOrderId, at } = sighting;
  if (sighting.streamed && isFromBefore(order, sighting)) return order;
  const executionKnown =
    evidence.kind === "filled" && context.store.hasExecution(evidence.execution.executionId);
  const hand = order.byHand === undefined ? null : context.store.handOrder(brokerOrderId);
  const claimed = hand?.clientOrderId === order.clientOrderId ? hand.claim.quantity : null;
  const change = applyEvidence(order, evidence, { brokerOrderId, at, executionKnown, claimed });
  if (change.order === order && change.posts.length === 0) return order;
  // What a person named as its execution is no surprise.
  const isAsTold = claimed !== null && change.order.ended === "filled";
  if (change.order.record === "accepted" && !isAsTold) noteRevival(context, order, evidence.kind);
  const now = context.now();
  const stamped = { ...change.order, updatedAt: now };
  context.store.save({ ...change, order: stamped });
  context.agreed.written(stamped);
  wakeBracket(context, stamped.approved?.intent);
  for (const execution of change.executions) {
    heedRealFill(context, execution);
    reopenBrackets(context, stamped.approved?.intent, execution);
  }
  if (change.executions.length > 0) countFill(context);
  return stamped;
}

/** The outcome is not known: nothing is sent again, and the look-ups begin. */
export function markUnknown(
  context: GatewayContext,
  order: GatewayOrder,
  reason: string,
): GatewayOrder {
  const now = context.now();
  const unknown: GatewayOrder = {
    ...order,
    record: "unknown",
    reason,
    looks: 0,
    nextLookAt: now + lookDelayMs(0),
  };
  const event = { kind: "outcome_unknown", reason, ...stagesOf(order) } as const;
  save(context, { order: unknown, posts: [post(order, `unknown:${order.attempt}`, event, now)] });
  context.log("warn", "order_outcome_unknown", { clientOrderId: order.clientOrderId, reason });
  return unknown;
}

/**
 * The order as storage has it now. A write-ahead record of a send that is not under way here was left
 * by a run that died: whether a byte left then, nobody knows.
 */
export function readOrder(context: GatewayContext, clientOrderId: string): GatewayOrder | null {
  const order = context.store.order(clientOrderId);
  if (order?.record !== "recorded" || context.inFlight.has(clientOrderId)) return order;
  return markUnknown(context, order, "the gateway stopped while it was sending");
}
