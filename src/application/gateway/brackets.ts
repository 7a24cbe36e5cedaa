/**
 * Holds the exits of a bracket for a broker that has none of its own. It reads what stands from the
 * orders' records, asks `bracket.ts` what is to be done, and does that by the ways of every order:
 * reserved by the ledger, recorded, sent once. A run that dies anywhere leaves it to the next.
 */
import { isSettled, legId, putOff, stepBracket, type BracketAction } from "../../domain/bracket.ts";
import {
  BRACKET_LATE_FILL_MS,
  BRACKET_LOOK_MS,
  BRACKET_WAIT_MS,
} from "../../domain/bracket-limits.ts";
import { decimal } from "../../domain/decimal.ts";
import type { OrderIntent } from "../../domain/order.ts";
import { passesByItself } from "../../domain/risk/refusal.ts";
import { errorText } from "../log.ts";
import { takeIn } from "./bracket-events.ts";
import { tell } from "./bracket-news.ts";
import { bracketNote, openBrackets, saveBracket } from "./bracket-notes.ts";
import type { GatewayContext } from "./context.ts";
import { makeSmaller, reserveExit } from "./exit-sizes.ts";
import { whyNotNow, whyOver } from "./exit-turns.ts";
import { flush } from "./outbox.ts";
import { raise } from "./reconcile-notes.ts";
import { DUE_NOW, newRecord, type GatewayOrder } from "./record.ts";
import { stop } from "./stop.ts";
import { submit } from "./submit.ts";
import { lower } from "./trim-order.ts";
import { cancel } from "./wishes.ts";

/** Who asks, in the ledger's history. */
const BY = "gateway:bracket";

const busyKey = (entry: string): string => `bracket ${entry}`;

/** ms since 1970. Of one that is driven just now, whoever drives it looks again at the end. */
export const bracketsDueAt = (context: GatewayContext): number =>
  Math.min(
    Infinity,
    ...openBrackets(context)
      .filter(({ bracket }) => !context.busy.has(busyKey(bracket.entry)))
      .map(({ dueAt }) => dueAt),
  );

/** Does what is due. One bracket's trouble never keeps the others from their turn. */
export async function driveBrackets(context: GatewayContext): Promise<void> {
  const now = context.now();
  for (const { bracket, dueAt } of openBrackets(context)) {
    const key = busyKey(bracket.entry);
    if (dueAt > now || context.busy.has(key)) continue;
    context.busy.add(key);
    try {
      await drive(context, bracket.entry);
    } catch (error) {
      context.log("error", "bracket_failed", { entry: bracket.entry, error: errorText(error) });
    } finally {
      context.busy.delete(key);
    }
  }
}

async function drive(context: GatewayContext, entry: string): Promise<void> {
  const taken = takeIn(context, entry);
  if (!taken) return;
  const { bracket, actions, record } = taken;
  const now = context.now();
  const isOver = isSettled(bracket) && (bracket.closedAt ?? 0) + BRACKET_LATE_FILL_MS <= now;
  // Stored before anything is done: what is not done by then is said again by the next look.
  saveBracket(context, { bracket, dueAt: now + BRACKET_LOOK_MS }, isOver);
  for (const action of actions) await act(context, record, action);
}

async function act(
  context: GatewayContext,
  record: GatewayOrder,
  action: BracketAction,
): Promise<void> {
  if (action.kind === "tell" || action.kind === "beyond" || !record.approved) return;
  const id = legId(record.clientOrderId, action.pair, action.leg);
  switch (action.kind) {
    case "place":
      return place(context, exitOf(context, record.approved.intent, id, action));
    case "cancel": {
      await context.ledger.requestCancel(id, BY);
      await cancel(context, id);
      return;
    }
    case "reduce":
      return lower(context, id, decimal(action.quantity), BY);
  }
}

/** An exit is an order like any other, on the other side, that may only reduce. */
function exitOf(
  context: GatewayContext,
  entry: OrderIntent,
  id: string,
  { pair, leg, quantity }: Extract<BracketAction, { kind: "place" }>,
): OrderIntent {
  const terms = entry.bracket;
  const isStop = leg === "stop";
  const stopLimit = terms?.stopLimitPrice ?? null;
  return {
    clientOrderId: id,
    algoId: entry.algoId,
    account: entry.account,
    instrument: entry.instrument,
    side: entry.side === "buy" ? "sell" : "buy",
    type: isStop ? (stopLimit === null ? "stop" : "stop_limit") : "limit",
    quantity,
    limitPrice: isStop ? stopLimit : (terms?.targetPrice ?? null),
    stopPrice: isStop ? (terms?.stopPrice ?? null) : null,
    timeInForce: context.broker.rules.timesInForce.includes("gtc") ? "gtc" : "day",
    protectiveStop: null,
    reduceOnly: true,
    exit: { entry: entry.clientOrderId, pair, leg },
  };
}

async function place(context: GatewayContext, intent: OrderIntent): Promise<void> {
  // The ledger has to know of the position before it can see that this only reduces it.
  await flush(context);
  if (context.store.hasPosts()) return;
  const facts = await context.facts(intent);
  const fills = context.store.number("fills_booked");
  const answer = await reserveExit(context, intent, facts);
  if (answer.kind === "approved") return void (await submit(context, answer.approved, 1));
  // What was booked meanwhile the ledger did not know: it is asked again at the next look.
  if (answer.kind === "denied" && context.store.number("fills_booked") !== fills) return;
  if (answer.kind === "denied" && makeSmaller(context, intent, answer.refusal, facts)) return;
  if (answer.kind === "denied" && passesByItself(answer.refusal))
    return askLater(context, intent, answer.refusal.message);
  if (answer.kind === "denied") return refused(context, intent, answer.refusal.message);
  // A run before this one reserved it: it goes on from there.
  const { clientOrderId } = intent;
  if (answer.order.refusal) return refused(context, intent, answer.order.refusal.message);
  const standing = await context.ledger.approved(clientOrderId, facts.instrument);
  if (!standing) return;
  const hindrance = whyNotNow(standing, facts.marketOpen);
  if (context.store.order(clientOrderId)) return;
  const over = whyOver(standing);
  if (over !== null) return void stop(context, newRecord(clientOrderId, null, context.now()), over);
  if (hindrance !== null) return askLater(context, intent, hindrance);
  if (standing.kind === "permitted") await submit(context, standing.approved, 1);
}

/** Its market is closed, say: the exit stays due under its id, and people are told once that it is not there yet. */
function askLater(context: GatewayContext, { exit, clientOrderId }: OrderIntent, reason: string) {
  const note = exit && bracketNote(context, exit.entry);
  if (!note) return;
  const { entry, leg } = exit;
  const { bracket, open } = putOff(note.bracket, exit);
  if (open !== null) {
    raise(context, {
      id: `bracket-waits-${clientOrderId}`,
      severity: "critical",
      title: `No ${leg} for ${entry} yet`,
      message: `${open} of the bracket ${entry} has no ${leg === "stop" ? "stop, and so no target," : leg} at the broker (${reason}). It is asked for again until it stands.`,
    });
    context.log("warn", "bracket_leg_waits", { entry, leg, open, reason });
  }
  // News that came while the ledger was asked is looked at all the same.
  const dueAt = note.dueAt === DUE_NOW ? DUE_NOW : context.now() + BRACKET_WAIT_MS;
  saveBracket(context, { bracket, dueAt }, false);
}

/** The ledger's no is final for this id: people are told, and the other leg goes on. */
function refused(context: GatewayContext, { exit, quantity }: OrderIntent, reason: string): void {
  const note = exit && bracketNote(context, exit.entry);
  if (!note) return;
  const { entry, pair, leg } = exit;
  const event = { kind: "leg", pair, leg, status: "failed", quantity, filled: "0" } as const;
  const { bracket, actions } = stepBracket(note.bracket, event);
  context.log("error", "bracket_leg_refused", { entry, leg, reason });
  for (const action of actions) tell(context, entry, action);
  saveBracket(context, { bracket, dueAt: context.now() }, isSettled(bracket));
}
