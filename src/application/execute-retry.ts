/** A retry of an order that was proven not sent. Any evidence of the order cancels it; doubt never sends. */
import type { OrderRetryMessage } from "../contract/queue.ts";
import { assert } from "../domain/assert.ts";
import {
  ORDER_RETRIES_MAX,
  ORDER_RETRY_AGE_MS_MAX,
  ORDER_RETRY_DELAY_SECONDS,
} from "../domain/limits.ts";
import type { OrderIntent } from "../domain/order.ts";
import type { OrderPorts } from "./order-ports.ts";
import type { OrderEvidence } from "./ports.ts";

/** What the queue is to do with the message. `again` on the last delivery is the way to the desk. */
export type RetryVerdict =
  | { action: "done"; why: string }
  | { action: "again"; delaySeconds: number; why: string };

/** Why nothing is to be sent any more, or null while the record proves that nothing was sent. */
export function evidenceAgainstRetry(evidence: OrderEvidence): string | null {
  if (evidence.found) return "the broker has it";
  switch (evidence.record) {
    case "none":
    case "not_sent":
      return null;
    case "recorded":
    case "unknown":
      return "its outcome is not known, and look-ups are under way";
    case "accepted":
    case "rejected":
    case "stopped":
      return `it was ${evidence.record}`;
  }
}

/** Seconds before the delivery after this one, also where this one failed: deliveries are few, and whoever is away comes back in seconds. */
export function retryDelaySeconds(delivery: number): number {
  const delay = ORDER_RETRY_DELAY_SECONDS[Math.min(delivery, ORDER_RETRY_DELAY_SECONDS.length - 1)];
  assert(delay !== undefined, "there is a delay for each retry");
  return delay;
}

/**
 * `delivery` counts the message's deliveries from 1. The first two may send; the last one only looks
 * once more, so that after the first attempt there are exactly two retries. One that comes too late, or
 * after the close, or that a check refuses as things stand, sends nothing and so ends at the desk.
 */
export async function executeRetry(
  ports: OrderPorts,
  message: OrderRetryMessage,
  delivery: number,
  now: number,
): Promise<RetryVerdict> {
  const { clientOrderId, account } = message;
  const gateway = ports.gateway(account);
  const standing = await ports.ledger.approved(clientOrderId);
  if (!standing) return { action: "done", why: "the ledger wants it sent no more" };
  const evidence = await gateway.lookUp(clientOrderId);
  const against = evidenceAgainstRetry(evidence);
  if (against) return { action: "done", why: against };

  const delaySeconds = retryDelaySeconds(delivery);
  const again = (why: string): RetryVerdict => ({ action: "again", delaySeconds, why });
  if (delivery > ORDER_RETRIES_MAX || evidence.attempts > ORDER_RETRIES_MAX)
    return again("its retries are used up");
  if (evidence.found === null) return again("the broker could not be asked");
  const late = now - message.firstAttemptAt > ORDER_RETRY_AGE_MS_MAX;
  if (late) return again("its time is over");
  if (standing.kind === "refused") return again(standing.refusal.message);
  const { approved } = standing;
  if (!(await isOpen(ports, approved.intent, now))) return again("its market is closed");
  const result = await gateway.submit(approved, evidence.attempts + 1);
  if (result.outcome !== "not_sent") return { action: "done", why: result.outcome };
  return approved.intent.exit
    ? { action: "done", why: "its gateway asks for it until it stands" }
    : again(result.reason);
}

async function isOpen(
  ports: OrderPorts,
  { account, instrument: id }: OrderIntent,
  now: number,
): Promise<boolean> {
  const market = ports.market(account);
  const instrument = (await market?.instrument(id)) ?? null;
  return market !== null && instrument !== null && (await market.isOpen(instrument, now));
}
