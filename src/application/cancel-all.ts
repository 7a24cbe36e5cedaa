/** Hands cancels to their gateways: each account's for itself, so that a silent gateway holds up no other. */
import { GATEWAY_SILENT_MS } from "../domain/halt-limits.ts";
import type { Order } from "../domain/order.ts";
import { errorText } from "./log.ts";
import type { OrderPorts } from "./order-ports.ts";
import { settledWithin } from "./settled-within.ts";

/** Cancels in flight at once: a broker's rate is the gateway's business, this only bounds the burst. */
const CANCELS_AT_ONCE = 10;

/** Answers how many were taken by then. One that nobody answered is wished for all the same: the sweep brings it again. */
export async function cancelAll(ports: OrderPorts, orders: readonly Order[]): Promise<number> {
  const accounts = [...new Set(orders.map(({ account }) => account))];
  const sent = await Promise.all(
    accounts.map((each) =>
      cancelAt(
        ports,
        orders.filter(({ account }) => account === each),
      ),
    ),
  );
  return sent.reduce((sum, each) => sum + each, 0);
}

/** Burst after burst, for as long as its gateway answers anything; the rest is handed on without waiting. */
async function cancelAt(ports: OrderPorts, orders: readonly Order[]): Promise<number> {
  let sent = 0;
  let isSilent = false;
  for (let start = 0; start < orders.length; start += CANCELS_AT_ONCE) {
    let answered = 0;
    const burst = orders.slice(start, start + CANCELS_AT_ONCE).map(async (order) => {
      const taken = await cancelOne(ports, order);
      answered += 1;
      if (taken) sent += 1;
    });
    const done = Promise.all(burst);
    if (isSilent || (await settledWithin(ports, GATEWAY_SILENT_MS, done))) continue;
    isSilent = answered === 0;
    const [account, waitedMs] = [orders[start]?.account, GATEWAY_SILENT_MS];
    ports.log("warn", "cancels_unanswered", { account, answered, waitedMs });
  }
  return sent;
}

/** One cancel that cannot be sent never holds up the others. */
async function cancelOne(ports: OrderPorts, order: Order): Promise<boolean> {
  const { clientOrderId, account } = order;
  try {
    await ports.gateway(account).cancel(clientOrderId);
    return true;
  } catch (error) {
    ports.log("error", "order_cancel_failed", { clientOrderId, error: errorText(error) });
    return false;
  }
}
