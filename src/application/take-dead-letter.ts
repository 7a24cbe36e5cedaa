/** Brings an order whose retries are used up to the desk. Doing it twice is the same as once. */
import type { OrderRetryMessage } from "../contract/queue.ts";
import { evidenceAgainstRetry } from "./execute-retry.ts";
import type { OrderPorts } from "./order-ports.ts";

/**
 * True when the desk has it now; false when it needs no person, because it left or ended after all.
 * The gateway ends its own record and tells the ledger by its outbox, so that there is no moment at
 * which the order lies on the desk and can still leave, and none at which it is lost.
 */
export async function takeDeadLetter(
  ports: OrderPorts,
  message: OrderRetryMessage,
): Promise<boolean> {
  const { clientOrderId, account, reason } = message;
  const gateway = ports.gateway(account);
  if (!(await ports.ledger.approved(clientOrderId))) return false;
  const evidence = await gateway.lookUp(clientOrderId);
  const against = evidenceAgainstRetry(evidence);
  if (against) {
    ports.log("info", "dead_letter_not_needed", { clientOrderId, why: against });
    return false;
  }
  // A late attempt may have left since the look-up: the gateway decides by what it has stored.
  const told = `not sent after ${evidence.attempts} attempts: ${reason}`;
  return gateway.giveUpUnsent(clientOrderId, told);
}
