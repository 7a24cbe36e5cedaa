/** Moves an order along its table. Whatever the table does not list is refused, and nobody else assigns a state. */
import type { OrderEvent, OrderState } from "./order.ts";
import { ODD_PAIRS, ORDER_STATE_TABLE, type OrderTransition } from "./order-state-table.ts";
import { err, ok, type Result } from "./result.ts";

export { ORDER_TRANSITIONS, type OrderTransition } from "./order-state-table.ts";

/** States with nothing left to happen, but for a late fill. */
export const TERMINAL_STATES: readonly OrderState[] = [
  "denied",
  "filled",
  "canceled",
  "rejected",
  "expired",
];

export const isTerminal = (state: OrderState): boolean => TERMINAL_STATES.includes(state);

/** The pair is not in the table: the event changes no state. */
export interface IllegalTransition {
  state: OrderState;
  transition: OrderTransition;
}

/** The next state, or which pair is not legal. */
export function transition(
  state: OrderState,
  event: OrderTransition,
): Result<OrderState, IllegalTransition> {
  const next = ORDER_STATE_TABLE[state][event];
  return next === undefined ? err({ state, transition: event }) : ok(next);
}

/** A remark on a legal but odd pair, for the audit log; null for the ordinary ones. */
export const transitionFlag = (state: OrderState, event: OrderTransition): string | null =>
  ODD_PAIRS[state]?.[event] ?? null;

/**
 * Names a live order more closely: `new` and `replaced` are `filled` when nothing is left to fill;
 * `new` is `partially_filled` when it has fills, and `pending_trigger` while it waits for its
 * trigger. Every other state stays as it is.
 */
export function closerState(
  state: OrderState,
  order: { fills: "none" | "some" | "all"; untriggered: boolean },
): OrderState {
  if ((state === "new" || state === "replaced") && order.fills === "all") return "filled";
  if (state !== "new") return state;
  if (order.fills === "some") return "partially_filled";
  return order.untriggered ? "pending_trigger" : "new";
}

/** What may move an order along; a description only says more of it. */
export type StateEvent = Exclude<OrderEvent, { kind: "described" }>;

/** The table's name for an event. `fills` says whether a fill completes the order. */
export function transitionOf(event: StateEvent, fills: "partly" | "fully"): OrderTransition {
  if (event.kind === "filled") return fills === "fully" ? "full_fill" : "partial_fill";
  if (event.kind === "accepted" && event.pendingTrigger) return "accepted_untriggered";
  return event.kind;
}
