/**
 * A bracket's exit that could not leave is not over, as an entry is: what it should guard is bare until it
 * stands. It stays due under its id, and its gateway asks for it until it goes; no count of tries ends that.
 */
import { EXIT_TURN_TOLD_MS, EXIT_TURN_WAIT_MS } from "../../domain/bracket-limits.ts";
import type { OrderPost } from "../../domain/order.ts";
import type { StandingApproval } from "../../domain/risk/decide.ts";
import { save, type GatewayContext } from "./context.ts";
import { raise } from "./reconcile-notes.ts";
import type { GatewayOrder } from "./record.ts";

/**
 * Proven not sent, for whatever reason: no turn at the broker's rate, no connection, a lease that is over. Asked
 * for again later, each time a little later. `posts`: what the ledger hears of it.
 */
export function putOffExit(
  context: GatewayContext,
  order: GatewayOrder,
  reason: string,
  posts: OrderPost[] = [],
): GatewayOrder {
  const now = context.now();
  const { since, tries, told } = order.turn ?? { since: now, tries: 0, told: false };
  const isLong = now - since >= EXIT_TURN_TOLD_MS;
  const waiting: GatewayOrder = {
    ...order,
    record: "not_sent",
    reason,
    turn: { since, tries: tries + 1, told: told || isLong },
    nextLookAt: now + waitMs(tries),
  };
  if (isLong && !told) tell(context, waiting, reason, now - since);
  save(context, { order: waiting, posts });
  const { clientOrderId } = order;
  context.log("warn", "exit_waits_for_its_turn", { clientOrderId, tries: tries + 1, reason });
  return waiting;
}

/** Before anybody is asked for it: while they are away it is not due again at once. */
export function askingForExit(context: GatewayContext, order: GatewayOrder): void {
  const nextLookAt = context.now() + waitMs(order.turn?.tries ?? 0);
  save(context, { order: { ...order, nextLookAt }, posts: [] });
}

/** Its position went flat, whoever closed it, and its bracket with it: what it would do is open one. Why, in words; null while it is for something. */
export const whyOver = (standing: StandingApproval | null): string | null =>
  standing?.kind === "refused" && standing.refusal.code === "REDUCE_ONLY"
    ? standing.refusal.message
    : null;

/** Why it may not go as things stand; null when it may. Hours are its sender's to ask: after an outage its market may be shut. */
export function whyNotNow(standing: StandingApproval, marketOpen: boolean): string | null {
  if (standing.kind === "refused") return standing.refusal.message;
  return marketOpen ? null : "its market is closed";
}

const waitMs = (tries: number): number =>
  EXIT_TURN_WAIT_MS[tries] ?? Math.max(...EXIT_TURN_WAIT_MS);

function tell(
  context: GatewayContext,
  { clientOrderId, approved }: GatewayOrder,
  reason: string,
  waitedMs: number,
): void {
  const exit = approved?.intent.exit;
  if (!exit) return;
  const seconds = Math.round(waitedMs / 1_000);
  raise(context, {
    id: `bracket-turn-${clientOrderId}`,
    severity: "critical",
    title: `No ${exit.leg} for ${exit.entry} yet`,
    message: `${approved.intent.quantity} of the bracket ${exit.entry} has waited ${seconds} s for its ${exit.leg}, which could not be sent (${reason}). It is asked for again until it stands. Whoever cannot wait closes the position, or places an exit by hand at the broker and cancels this one.`,
  });
}
