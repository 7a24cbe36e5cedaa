/** Keeps a trade that a person booked by hand from being booked again when the broker tells of it. */
import { decimal, decimalText, minDecimal, ZERO } from "../../domain/decimal.ts";
import type { OrderPost } from "../../domain/order.ts";
import { externalOrderId } from "../../domain/reconciliation/synthetic-id.ts";
import type { GatewayContext, Sighting } from "./context.ts";
import { countFill } from "./inferred-fills.ts";

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
  if (excess.gt(ZERO)) {
    const eventId = `${clientOrderId}:fill:${execution.executionId}`;
    posts.push({ eventId, clientOrderId, event: { kind: "filled", execution: extra }, at });
    context.log("error", "hand_execution_exceeded", { brokerOrderId, excess: extra.quantity });
  }
  const covered = decimalText(decimal(hand.covered).plus(taken));
  context.store.coverHandOrder(brokerOrderId, covered, execution, posts);
  countFill(context);
  return true;
}
