/**
 * Sends a dead letter that was proven not sent once more, as a new order that is linked to it. The old
 * order is ended for good before the new one is reserved, so that at most one of them ever leaves; a
 * call that died in between is gone on with by making it again.
 */
import type { ApiError } from "../contract/errors.ts";
import type { OrderRequest } from "../contract/orders.ts";
import { derivedOrderId } from "../domain/derived-id.ts";
import type { Order } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Caller } from "./caller.ts";
import { evidenceAgainstRetry } from "./execute-retry.ts";
import { explainOrder } from "./explore-ledger.ts";
import { callerName } from "./order-access.ts";
import { apiError, explainedError, unknownOrder } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import { submitOrder } from "./submit-order.ts";
import { discardDeadLetter } from "./work-dead-letter.ts";

/** The id of the order that takes a dead letter's place. */
export const successorId = (clientOrderId: string): string => derivedOrderId(clientOrderId, "r1");

/** Answers the new order, in whatever state the broker left it. The same call again answers the same order. */
export async function retryDeadLetter(
  ports: OrderPorts,
  caller: Caller,
  clientOrderId: string,
  reason: string,
  now: number,
): Promise<Result<Order, ApiError>> {
  const order = await ports.ledger.order(clientOrderId);
  if (!order) return err(unknownOrder(clientOrderId));
  const isEnded = wasEndedFor(order);
  if (!isEnded) {
    const unproven = await whyNotProven(ports, order);
    if (unproven) return err(unproven);
    // Asked before the old one is given up: what the limits refuse stays on the desk.
    const refusal = await refusalOf(ports, order, now);
    if (refusal) return err(refusal);
    const told = `${retriedAs(order)}: ${reason}`.slice(0, 500);
    const done = await discardDeadLetter(ports, clientOrderId, callerName(caller), told);
    if (!done.ok) return done;
  }
  const sent = await submitOrder(ports, actingFor(caller, order), requestOf(order), now);
  return sent.ok ? ok(sent.value.order) : sent;
}

const retriedAs = ({ clientOrderId }: Order): string => `retried as ${successorId(clientOrderId)}`;

/** An earlier call gave it up for its successor and died before that was sent. */
const wasEndedFor = (order: Order): boolean =>
  order.state === "canceled" && (order.reason ?? "").includes(`: ${retriedAs(order)}`);

/** Only what the gateway's own record and a fresh look at the broker prove was not sent. */
async function whyNotProven(ports: OrderPorts, order: Order): Promise<ApiError | null> {
  const { clientOrderId, state } = order;
  if (state !== "dead_lettered")
    return apiError("CONFLICT", `order ${clientOrderId} is not on the desk; read it again`);
  const evidence = await ports.gateway(order.account).lookUp(clientOrderId);
  const against = evidenceAgainstRetry(evidence);
  if (against)
    return apiError(
      "CONFLICT",
      `order ${clientOrderId} was not proven not sent, and is not sent again: ${against}`,
    );
  if (evidence.found === null)
    return apiError(
      "UNAVAILABLE",
      "the broker could not be asked, which proves nothing; try again",
    );
  return null;
}

/** A retry is for the order's own algo, by the person who asks. */
const actingFor = (caller: Caller, { algoId }: Order): Caller => ({
  ...caller,
  algoId,
  scopes: ["trade"],
});

/** The whole order again under its new id. Nothing of it was ever filled. */
const requestOf = (order: Order): OrderRequest => ({
  clientOrderId: successorId(order.clientOrderId),
  algoId: order.algoId,
  account: order.account,
  instrument: order.instrument,
  side: order.side,
  type: order.type,
  quantity: order.quantity,
  ...(order.limitPrice === null ? {} : { limitPrice: order.limitPrice }),
  ...(order.stopPrice === null ? {} : { stopPrice: order.stopPrice }),
  ...(order.protectiveStop === null ? {} : { protectiveStop: order.protectiveStop }),
  ...(order.bracket ? { bracket: bracketOf(order.bracket) } : {}),
  timeInForce: order.timeInForce,
  reduceOnly: order.reduceOnly,
  round: false,
});

const bracketOf = (bracket: NonNullable<Order["bracket"]>): OrderRequest["bracket"] => ({
  stopPrice: bracket.stopPrice,
  targetPrice: bracket.targetPrice,
  ...(bracket.stopLimitPrice === null ? {} : { stopLimitPrice: bracket.stopLimitPrice }),
});

/** What the ledger would refuse it with now, or null. */
async function refusalOf(ports: OrderPorts, order: Order, now: number): Promise<ApiError | null> {
  const { clientOrderId: _, bracket: __, ...question } = requestOf(order);
  const caller: Caller = {
    kind: "person",
    id: "desk",
    algoId: order.algoId,
    scopes: ["trade", "read"],
  };
  const explained = await explainOrder(ports, caller, question, now);
  return explained.ok ? explainedError(explained.value) : explained.error;
}
