/**
 * A bracket's exit that gets no turn at the broker's rate is not over, as an entry is: what it should guard
 * is bare until it stands. It stays due under its id, and no try is counted of which nothing could leave.
 */
import { EXIT_TURN_TOLD_MS, EXIT_TURN_WAIT_MS } from "../../domain/bracket-limits.ts";
import { save, type GatewayContext } from "./context.ts";
import { raise } from "./reconcile-notes.ts";
import type { GatewayOrder } from "./record.ts";

/** Asked again later, each time a little later. */
export function putOffTurn(
  context: GatewayContext,
  order: GatewayOrder,
  reason: string,
): GatewayOrder {
  const now = context.now();
  const { since, tries, told } = order.turn ?? { since: now, tries: 0, told: false };
  const isLong = now - since >= EXIT_TURN_TOLD_MS;
  const waitMs = EXIT_TURN_WAIT_MS[tries] ?? Math.max(...EXIT_TURN_WAIT_MS);
  const waiting: GatewayOrder = {
    ...order,
    record: "not_sent",
    reason,
    turn: { since, tries: tries + 1, told: told || isLong },
    nextLookAt: now + waitMs,
  };
  if (isLong && !told) tell(context, waiting, reason, now - since);
  save(context, { order: waiting, posts: [] });
  const { clientOrderId } = order;
  context.log("warn", "exit_waits_for_its_turn", { clientOrderId, tries: tries + 1, reason });
  return waiting;
}

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
    message: `${approved.intent.quantity} of the bracket ${exit.entry} has waited ${seconds} s for its ${exit.leg} to get a turn at the broker (${reason}). It is asked for again until it stands; fewer orders of others let it through.`,
  });
}
