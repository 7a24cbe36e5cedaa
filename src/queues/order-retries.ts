/** Queue `order-retries`: one order's retry per message. Acknowledged only when nothing is left to do. */
import { executeRetry, retryDelaySeconds } from "../application/execute-retry.ts";
import { errorText } from "../application/log.ts";
import type { OrderPorts } from "../application/order-ports.ts";
import { orderRetryMessage } from "../contract/queue.ts";

export async function consumeOrderRetries(ports: OrderPorts, batch: MessageBatch): Promise<void> {
  for (const message of batch.messages) await consume(ports, message);
}

async function consume(ports: OrderPorts, message: Message): Promise<void> {
  const parsed = orderRetryMessage.safeParse(message.body);
  if (!parsed.success) {
    // Only our own code writes here; an unreadable message names no order that could be retried.
    ports.log("error", "order_retry_unreadable", { message: message.id });
    message.ack();
    return;
  }
  const { clientOrderId } = parsed.data;
  const delivery = message.attempts;
  try {
    const verdict = await executeRetry(ports, parsed.data, delivery, Date.now());
    const { action, why } = verdict;
    ports.log("info", "order_retry", { clientOrderId, delivery, action, why });
    if (verdict.action === "done") message.ack();
    else message.retry({ delaySeconds: verdict.delaySeconds });
  } catch (error) {
    // The record decides what the next delivery may do, so trying again is safe.
    ports.log("error", "order_retry_failed", { clientOrderId, delivery, error: errorText(error) });
    message.retry({ delaySeconds: retryDelaySeconds(delivery) });
  }
}
