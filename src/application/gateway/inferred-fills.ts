/** Books the fill that a standing difference proves, and takes it back when the real one comes. Nothing is awaited here. */
import { INFERRED_FILL_QUIET_MS } from "../../domain/limits.ts";
import type { Execution } from "../../domain/order.ts";
import type { Doubt } from "../../domain/reconciliation/doubt.ts";
import { fillPost, inferredFill, replaceInferred } from "../../domain/reconciliation/inferred.ts";
import { brokersTime } from "./brokers-time.ts";
import type { GatewayPorts } from "./ports.ts";
import { doubtOf, openInferred, raise, saveDoubt, saveInferred } from "./reconcile-notes.ts";

/** The same doubt again books nothing. */
export function inferFill(
  context: GatewayPorts,
  doubt: Doubt,
  price: string,
  currency: string,
): void {
  const { store, account } = context;
  // Of the same difference another cause may have been seen at first, as an answer that lagged behind: until the
  // quiet time began nobody knows when this one came about.
  const seenAt = brokersTime(
    context,
    Math.max(doubt.since, context.now() - INFERRED_FILL_QUIET_MS),
  );
  const inferred = inferredFill(doubt, { account, price, currency, seenAt });
  const { execution } = inferred;
  if (store.hasExecution(execution.executionId)) return;
  store.adopt(execution, fillPost(execution));
  saveInferred(context, inferred);
  countFill(context);
  const { side, quantity, instrument } = execution;
  raise(context, {
    id: execution.executionId,
    severity: "serious",
    title: `Fill inferred in ${instrument}`,
    message: `The broker's position in ${instrument} proves a ${side} of ${quantity} that it has not reported. It is booked under the algo external; the real report will replace it.`,
  });
  context.log("error", "fill_inferred", { account, instrument, side, quantity });
}

/** Call it where a real fill is booked, in the same run: the two never stand together. */
export function heedRealFill(context: GatewayPorts, real: Execution): void {
  takeBackInferred(context, real);
  beginAnew(context, real);
}

/**
 * A fill from before a difference was first seen was the cause of it. What differs from here on, by as much or
 * not, is another difference: dated by the first, it would be taken for older than the trade that made it.
 */
function beginAnew(context: GatewayPorts, { instrument, executedAt }: Execution): void {
  const doubt = doubtOf(context, instrument);
  if (!doubt || doubt.inferred || executedAt > brokersTime(context, doubt.since)) return;
  saveDoubt(context, { ...doubt, since: context.now() });
}

function takeBackInferred(context: GatewayPorts, real: Execution): void {
  const { store } = context;
  for (const { inferred, undo } of replaceInferred(openInferred(context), real)) {
    if (store.hasExecution(undo.executionId)) continue;
    store.adopt(undo, fillPost(undo));
    saveInferred(context, inferred);
    const { instrument, quantity } = undo;
    const { executionId } = real;
    context.log("warn", "inferred_fill_replaced", { instrument, quantity, executionId });
  }
}

/** A fill was booked: a comparison that ran meanwhile proves nothing. */
export function countFill(context: GatewayPorts): void {
  const { store } = context;
  store.setNumber("filled_at", context.now());
  store.setNumber("fills_booked", store.number("fills_booked") + 1);
}
