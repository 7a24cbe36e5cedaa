/** Brings an order whose retries are used up to the desk. Doing it twice is the same as once. */
import type { OrderRetryMessage } from "../contract/queue.ts";
import { evidenceAgainstRetry } from "./execute-retry.ts";
import type { OrderPorts } from "./order-ports.ts";

/** True when the desk has it now; false when it needs no person, because it left or ended after all. */
export async function takeDeadLetter(
  ports: OrderPorts,
  message: OrderRetryMessage,
): Promise<boolean> {
  const { clientOrderId, account, reason } = message;
  const approved = await ports.ledger.approved(clientOrderId);
  if (!approved) return false;
  const evidence = await ports.gateway(account).lookUp(clientOrderId);
  const against = evidenceAgainstRetry(evidence);
  if (against) {
    ports.log("info", "dead_letter_not_needed", { clientOrderId, why: against });
    return false;
  }
  const told = `not sent after ${evidence.attempts} attempts: ${reason}`;
  await ports.ledger.deadLetter(clientOrderId, "not_sent", told);
  ports.log("error", "order_dead_lettered", { clientOrderId, label: "not_sent", reason: told });
  return true;
}
