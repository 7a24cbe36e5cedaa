/** Which consumer takes which queue. A queue that nobody knows is a mistake in the configuration. */
import { assert } from "../domain/assert.ts";
import { orderPorts } from "../platform/wiring.ts";
import { consumeDeadLetters } from "./dead-letters.ts";
import { consumeOrderRetries } from "./order-retries.ts";

const CONSUMERS = new Map([
  ["order-retries", consumeOrderRetries],
  ["order-dead-letters", consumeDeadLetters],
]);

export async function dispatchQueue(batch: MessageBatch, env: Env): Promise<void> {
  const consume = CONSUMERS.get(batch.queue);
  assert(consume, `nobody consumes the queue ${batch.queue}`);
  await consume(orderPorts(env), batch);
}
