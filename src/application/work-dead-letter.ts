/** What people do to a dead letter through the API, and why it may be refused. The gateway does the work. */
import type { ApiError } from "../contract/errors.ts";
import type { Order } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { apiError, unknownOrder } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import type { DeskProblem, HandExecution } from "./ports.ts";

/** Books what a person executed at the broker. `currency` is looked up; the rest is the person's word. */
export async function executeDeadLetter(
  ports: OrderPorts,
  clientOrderId: string,
  claim: Omit<HandExecution, "currency">,
): Promise<Result<Order, ApiError>> {
  const order = await ports.ledger.order(clientOrderId);
  if (!order) return err(unknownOrder(clientOrderId));
  const instrument = await ports.market(order.account)?.instrument(order.instrument);
  if (!instrument)
    return err(apiError("UNAVAILABLE", `${order.instrument} cannot be read now; try again`));
  const gateway = ports.gateway(order.account);
  const done = await gateway.executeByHand(clientOrderId, {
    ...claim,
    currency: instrument.currency,
  });
  return done.ok ? ok(done.value) : err(deskError(done.error, clientOrderId));
}

export async function discardDeadLetter(
  ports: OrderPorts,
  clientOrderId: string,
  by: string,
  reason: string,
): Promise<Result<Order, ApiError>> {
  const order = await ports.ledger.order(clientOrderId);
  if (!order) return err(unknownOrder(clientOrderId));
  const done = await ports.gateway(order.account).discardByHand(clientOrderId, by, reason);
  return done.ok ? ok(done.value) : err(deskError(done.error, clientOrderId));
}

function deskError(problem: DeskProblem, clientOrderId: string): ApiError {
  switch (problem.kind) {
    case "absent":
      return unknownOrder(clientOrderId);
    case "not_on_desk":
      return apiError("CONFLICT", `order ${clientOrderId} is not on the desk; read it again`);
    case "at_broker":
      return apiError(
        "CONFLICT",
        `the broker has order ${clientOrderId}; wait for its news or cancel it`,
      );
    case "moving":
      return apiError(
        "UNAVAILABLE",
        "the gateway is posting what it learnt just now; ask again in a moment",
      );
    case "broker_order_taken":
      return apiError("CONFLICT", "that order of the broker is booked for another order already");
    case "other_trade":
      return apiError("CONFLICT", `the broker shows that order as ${problem.shown}`);
    case "too_much":
      return apiError("CONFLICT", `only ${problem.open} of this order is open`);
    case "broker_has_more":
      return apiError("CONFLICT", `the broker has executed ${problem.executed} of that order`);
  }
}
