/** Queue `order-dead-letters`: orders whose retries are used up, on their way to the desk. */
import { errorText } from "../application/log.ts";
import type { OrderPorts } from "../application/order-ports.ts";
import { takeDeadLetter } from "../application/take-dead-letter.ts";
import { orderRetryMessage } from "../contract/queue.ts";
import { DESK_RETRY_SECONDS } from "../domain/gateway-limits.ts";

export async function consumeDeadLetters(ports: OrderPorts, batch: MessageBatch): Promise<void> {
  for (const message of batch.messages) await consume(ports, message);
}

async function consume(ports: OrderPorts, message: Message): Promise<void> {
  const parsed = orderRetryMessage.safeParse(message.body);
  if (!parsed.success) {
    ports.log("error", "dead_letter_unreadable", { message: message.id });
    message.ack();
    return;
  }
  try {
    await takeDeadLetter(ports, parsed.data);
    message.ack();
  } catch (error) {
    const { clientOrderId } = parsed.data;
    ports.log("error", "dead_letter_failed", { clientOrderId, error: errorText(error) });
    message.retry({ delaySeconds: delaySeconds(message.attempts) });
  }
}

/** Deliveries are counted from 1. The queue gives a message up after a number of them, whatever their pace. */
const delaySeconds = (delivery: number): number =>
  DESK_RETRY_SECONDS[delivery - 1] ?? Math.max(...DESK_RETRY_SECONDS);
