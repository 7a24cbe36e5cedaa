/** Waits for work no longer than is bearable. What has not settled by then goes on beside whoever waited. */
import type { OrderPorts } from "./order-ports.ts";

/** False when it has not settled in `ms`. */
export function settledWithin(
  { sleep = bySetTimeout }: Pick<OrderPorts, "sleep">,
  ms: number,
  work: Promise<unknown>,
): Promise<boolean> {
  return Promise.race([work.then(() => true), sleep(ms).then(() => false)]);
}

const bySetTimeout = (ms: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, ms));
