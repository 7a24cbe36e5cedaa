/** Keeps a trade that a person booked by hand from being booked again when the broker tells of it. */
import { decimal, decimalText, minDecimal, ZERO } from "../../domain/decimal.ts";
import type { Execution, OrderPost } from "../../domain/order.ts";
import { externalOrderId } from "../../domain/reconciliation/synthetic-id.ts";
import type { GatewayContext, Sighting } from "./context.ts";
import { wakeBracket } from "./bracket-notes.ts";
import { applyEvidence } from "./evidence.ts";
import { countFill } from "./inferred-fills.ts";
import type { GatewayOrder } from "./record.ts";

/**
 * The broker's word about an order that a person has booked already: what the person's figure covers
 * moves nothing. True when it was taken here; what goes beyond the figure is adopted as external.
 */
export function coverByHand(context: GatewayContext, sighting: Sighting): boolean {
  const { evidence, brokerOrderId, at } = sighting;
  if (evidence.kind !== "filled") return false;
  const hand = context.store.handOrder(brokerOrderId);
  if (!hand) return false;
  const { execution } = evidence;
  if (context.store.hasExecution(execution.executionId)) return true;
  const quantity = decimal(execution.quantity);
  const open = decimal(hand.claim.quantity).minus(decimal(hand.covered));
  const taken = minDecimal(open, quantity);
  const excess = quantity.minus(taken);
  const clientOrderId = externalOrderId(context.account, brokerOrderId);
  const extra = { ...execution, clientOrderId, quantity: decimalText(excess) };
  const posts: OrderPost[] = [];
  const own = context.store.order(hand.clientOrderId);
  // The person named the order's own order of the broker: what goes beyond the figure is the order's, too.
  if (excess.gt(ZERO) && own?.brokerOrderId === brokerOrderId)
    fillOwn(context, own, extra, sighting);
  else if (excess.gt(ZERO)) {
    const eventId = `${clientOrderId}:fill:${execution.executionId}`;
    posts.push({ eventId, clientOrderId, event: { kind: "filled", execution: extra }, at });
    context.log("error", "hand_execution_exceeded", { brokerOrderId, excess: extra.quantity });
  }
  const covered = decimalText(decimal(hand.covered).plus(taken));
  context.store.coverHandOrder(brokerOrderId, covered, execution, posts);
  countFill(context);
  return true;
}

/** The broker's execution itself is kept with the claim that covers the rest of it. */
function fillOwn(
  context: GatewayContext,
  own: GatewayOrder,
  execution: Execution,
  { brokerOrderId, at }: Sighting,
): void {
  const from = { brokerOrderId, at, executionKnown: false };
  const { order, posts } = applyEvidence(own, { kind: "filled", execution }, from);
  const stamped = { ...order, updatedAt: context.now() };
  context.store.save({ order: stamped, posts, executions: [] });
  context.agreed.written(stamped);
  wakeBracket(context, own.approved?.intent);
}
