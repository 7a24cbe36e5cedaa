/** A fill beyond what was asked for: it is booked, since what the broker executed is true, and people are told. */
import { decimalText } from "../../domain/decimal.ts";
import type { Execution } from "../../domain/order.ts";
import { mostQuantity } from "../../domain/risk/new-terms.ts";
import type { LedgerOrder } from "../../domain/risk/state.ts";
import type { Incident } from "../reconcile-port.ts";

/** Null while the order has no more than its quantity. One for each execution, however often it comes. */
export function overfillIncident(
  entry: LedgerOrder,
  execution: Execution,
  at: number,
): Incident | null {
  const most = mostQuantity(entry);
  if (entry.filled.lte(most)) return null;
  const { clientOrderId, algoId, account, instrument, side } = entry.order;
  const { executionId, quantity, price } = execution;
  return {
    id: `overfill-${account}-${executionId}`,
    at,
    account,
    severity: "serious",
    title: `${clientOrderId} was filled beyond its quantity`,
    message: `The broker has filled ${decimalText(entry.filled)} of ${decimalText(most)}: ${side} ${quantity} ${instrument} at ${price} came last, as execution ${executionId}. It is booked, so that ${algoId} holds more than was approved for it. Compare the order at the broker, and close what is too much.`,
  };
}
