/**
 * Sends an approved order: gates, a turn at the broker's rate, the write-ahead record, then the first
 * byte. The same attempt never leaves twice, and a new one only when the one before was proven not sent.
 */
import type { SubmitOutcome } from "../../brokers/broker.ts";
import { assert } from "../../domain/assert.ts";
import {
  NOT_SENT_SWEEP_MS,
  ORDER_RATE_WAIT_MS_MAX,
  WAY_OUT_RATE_WAIT_MS_MAX,
} from "../../domain/limits.ts";
import type { ApprovedOrder, OrderPost, OrderStages } from "../../domain/order.ts";
import { isFenced, stopReason } from "../../domain/trading-gate.ts";
import { errorText } from "../log.ts";
import type { GatewayOutcome } from "../ports.ts";
import {
  book,
  latestEpoch,
  markUnknown,
  readOrder,
  save,
  type GatewayContext,
  type Sighting,
} from "./context.ts";
import { beginBracket } from "./bracket-notes.ts";
import { whyClosed } from "./closed-pairs.ts";
import { entryRefusal, refusalAfterWait } from "./entry-gates.ts";
import { awaitAnswer } from "./in-flight.ts";
import { leaveInFlight, takeUnplaced } from "./sightings.ts";
import { post } from "./evidence.ts";
import { putOffExit } from "./exit-turns.ts";
import { isExit, whyBlocked } from "./exits.ts";
import { ledgerOrder } from "./outbox.ts";
import { stop, withdraw } from "./stop.ts";
import { countReducing } from "./reducing-count.ts";
import { newRecord, stagesOf, termsOf, type GatewayOrder } from "./record.ts";

/** Answers once the outcome is stored and, if the ledger is there, posted. A second call for the same order shares it. */
export async function submit(
  context: GatewayContext,
  approved: ApprovedOrder,
  attempt: number,
): Promise<GatewayOutcome> {
  const { clientOrderId, account } = approved.intent;
  assert(account === context.account, `order for ${account} at the gateway of ${context.account}`);
  assert(Number.isInteger(attempt) && attempt >= 1, "attempts count from 1");

  const underWay = context.inFlight.get(clientOrderId);
  if (underWay) return underWay.done;
  const known = readOrder(context, clientOrderId);
  if (known && !maySend(known, attempt)) return answer(context, approved, known);

  const done = attemptOnce(context, approved, attempt);
  context.inFlight.set(clientOrderId, { done, inbox: [], recordedAt: null });
  return done;
}

/** A further attempt needs the proof that the one before did not leave. */
const maySend = (known: GatewayOrder, attempt: number): boolean =>
  known.record === "not_sent" && known.ended === null && attempt === known.attempt + 1;

async function attemptOnce(
  context: GatewayContext,
  approved: ApprovedOrder,
  attempt: number,
): Promise<GatewayOutcome> {
  const { clientOrderId } = approved.intent;
  // The caller enters this send in the in-flight list before anything else happens.
  await Promise.resolve();
  let record: GatewayOrder;
  try {
    const turn = await waitForTurn(context, approved, attempt);
    await context.turn?.();
    const order = recordFor(context, approved);
    // While it waited, a cancel may have come first.
    if (order.record !== "not_sent" || order.ended !== null) record = order;
    else if (turn.kind === "refused") record = stop(context, order, turn.reason);
    else if (turn.kind === "later") record = putOffExit(context, order, turn.reason);
    else record = await sendRecorded(context, order, attempt, turn.waited);
  } finally {
    leaveInFlight(context, clientOrderId);
  }
  return answer(context, approved, record);
}

type Waited = Pick<OrderStages, "queueMs" | "limiterMs">;

type SendTurn =
  | { kind: "go"; waited: Waited }
  /** It would come too late, or blind, and never waits for a better time: a later one would be another trade. */
  | { kind: "refused"; reason: string }
  /** An exit that the broker's rate keeps out: it may go at any time, and has to. */
  | { kind: "later"; reason: string };

/** Whether it can go now. Everything here happens before the record, so it proves `not_sent`. */
async function waitForTurn(
  context: GatewayContext,
  approved: ApprovedOrder,
  attempt: number,
): Promise<SendTurn> {
  const { intent, approvedAt } = approved;
  const since = attempt === 1 ? approvedAt : context.now();
  const shut = intent.reduceOnly ? null : await entryRefusal(context, isExit(approved));
  if (shut !== null) return { kind: "refused", reason: shut };
  const asked = context.now();
  const waitMsMax = intent.reduceOnly ? WAY_OUT_RATE_WAIT_MS_MAX : ORDER_RATE_WAIT_MS_MAX;
  const reason = await context.limiter.order("submit", intent.instrument, waitMsMax);
  if (reason !== null)
    return { kind: intent.exit ? "later" : "refused", reason: `denied: ${reason}` };
  const limiterMs = context.now() - asked;
  const shutSince = intent.reduceOnly
    ? null
    : await refusalAfterWait(context, asked, isExit(approved));
  if (shutSince !== null) return { kind: "refused", reason: shutSince };
  // The ledger's clock is another one: no stage takes less than nothing.
  const queueMs = Math.max(0, asked - since);
  return { kind: "go", waited: { queueMs, limiterMs } };
}

/** What storage has of it now: a cancel may have come while it waited. */
const recordFor = (context: GatewayContext, approved: ApprovedOrder): GatewayOrder => {
  const stored = context.store.order(approved.intent.clientOrderId);
  if (!stored) return newRecord(approved.intent.clientOrderId, approved, context.now());
  // What was not sent goes by the approval of now: an exit may have become smaller while it waited.
  const known = stored.record === "not_sent" ? null : stored.terms;
  return { ...stored, approved, terms: known ?? termsOf(approved) };
};

/** From the last look at the gates to the stored outcome. There is no await between the gates and the record. */
async function sendRecorded(
  context: GatewayContext,
  order: GatewayOrder,
  attempt: number,
  waited: Waited,
): Promise<GatewayOrder> {
  const { approved } = order;
  assert(approved, "only an approved order is sent");
  // The lease went on while it waited. An exit is its gateway's own: it is approved anew under the one of now.
  if (approved.intent.exit && isFenced(approved, latestEpoch(context, approved.epoch)))
    return putOffExit(context, order, "the lease has moved on since it was approved");
  const stopped = passGates(context, approved);
  if (stopped) return stop(context, order, stopped);

  const recorded: GatewayOrder = {
    ...order,
    record: "recorded",
    attempt,
    recordedAt: context.now(),
    reason: null,
    nextLookAt: null,
    ...(order.turn ? { turn: null } : {}),
  };
  beginBracket(context, approved, context.now());
  countReducing(context, approved.intent);
  context.lastLeftAt = recorded.recordedAt;
  save(context, { order: recorded, posts: [] });
  awaitAnswer(context, order.clientOrderId, recorded.recordedAt);
  const sentAt = context.now();
  const outcome = await sendToBroker(context, approved);
  const brokerMs = outcome.brokerMs ?? null;
  const networkMs = Math.max(0, context.now() - sentAt - (brokerMs ?? 0));
  await context.turn?.();
  awaitAnswer(context, order.clientOrderId, null);
  const now = context.store.order(order.clientOrderId);
  assert(now, "a recorded order stays");
  const stages: OrderStages = { ...waited, networkMs, brokerMs };
  // An exit that did not leave waits on from where it was.
  const turn = outcome.outcome === "not_sent" && order.turn ? { turn: order.turn } : {};
  return settle(context, { ...now, stages, ...turn }, attempt, outcome);
}

function passGates(context: GatewayContext, approved: ApprovedOrder): string | null {
  const stopped = stopReason(approved, context.store.halts(), latestEpoch(context, approved.epoch));
  return stopped ?? whyClosed(context, approved) ?? whyBlocked(context, approved);
}

async function sendToBroker(
  context: GatewayContext,
  approved: ApprovedOrder,
): Promise<SubmitOutcome> {
  try {
    return await context.broker.submit(approved);
  } catch (error) {
    // A client that throws has proven nothing.
    return { outcome: "unknown", reason: errorText(error) };
  }
}

/** Stores what came of an attempt. What the stream said meanwhile is stronger than a missing answer. */
function settle(
  context: GatewayContext,
  order: GatewayOrder,
  attempt: number,
  outcome: SubmitOutcome,
): GatewayOrder {
  const inbox = context.inFlight.get(order.clientOrderId)?.inbox.splice(0) ?? [];
  const now = context.now();
  let record = order;
  if (outcome.outcome === "accepted") {
    const { brokerOrderId, pendingTrigger } = outcome;
    const sighting: Sighting = {
      clientOrderId: order.clientOrderId,
      brokerOrderId,
      evidence: { kind: "accepted", brokerOrderId, pendingTrigger },
      at: now,
    };
    record = book(context, record, sighting);
    inbox.push(...takeUnplaced(context, brokerOrderId));
  }
  for (const sighting of inbox) record = book(context, record, sighting);
  if (outcome.outcome === "accepted" || inbox.length > 0) return record;
  return settleWithoutEvidence(context, record, attempt, outcome);
}

function settleWithoutEvidence(
  context: GatewayContext,
  order: GatewayOrder,
  attempt: number,
  outcome: Exclude<SubmitOutcome, { outcome: "accepted" }>,
): GatewayOrder {
  const now = context.now();
  const { reason } = outcome;
  switch (outcome.outcome) {
    case "rejected":
      return book(context, order, {
        clientOrderId: order.clientOrderId,
        brokerOrderId: "",
        evidence: { kind: "rejected", reason },
        at: now,
      });
    case "not_sent":
      return notSent(context, order, attempt, reason);
    case "unknown":
      return markUnknown(context, order, reason);
  }
}

/**
 * Proven not sent: it waits for its retry, unless somebody has canceled it meanwhile. An exit waits for its
 * gateway; of its tries the ledger hears the first, or an outage of an hour would be hundreds of events.
 */
function notSent(
  context: GatewayContext,
  order: GatewayOrder,
  attempt: number,
  reason: string,
): GatewayOrder {
  const now = context.now();
  const event = { kind: "not_sent", reason, attempt, ...stagesOf(order) } as const;
  const told = post(order, `not_sent:${attempt}`, event, now);
  const unsent: GatewayOrder = { ...order, record: "not_sent", attempt, reason };
  const waiting = order.approved?.intent.exit
    ? putOffExit(context, unsent, reason, attempt === 1 ? [told] : [])
    : waitForRetry(context, unsent, told);
  context.log("warn", "order_not_sent", { clientOrderId: order.clientOrderId, attempt, reason });
  return order.cancel === "none" ? waiting : withdraw(context, waiting);
}

function waitForRetry(
  context: GatewayContext,
  unsent: GatewayOrder,
  told: OrderPost,
): GatewayOrder {
  const waiting = { ...unsent, nextLookAt: context.now() + NOT_SENT_SWEEP_MS };
  save(context, { order: waiting, posts: [told] });
  return waiting;
}

/** The outcome by the record, with the order as the ledger has it. */
async function answer(
  context: GatewayContext,
  approved: ApprovedOrder,
  record: GatewayOrder,
): Promise<GatewayOutcome> {
  const order = await ledgerOrder(context, { ...record, approved });
  assert(order, "an approved order has a view");
  switch (record.record) {
    case "accepted":
    case "rejected":
    case "stopped":
    case "unknown":
      return { outcome: record.record, order };
    case "not_sent":
      return record.ended === null
        ? { outcome: "not_sent", order, reason: record.reason ?? "not sent" }
        : { outcome: "stopped", order };
    case "recorded":
      return { outcome: "unknown", order };
  }
}
