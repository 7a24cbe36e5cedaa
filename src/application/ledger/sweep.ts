/**
 * Orders whose next step did not happen: whoever reserved, canceled or modified them died in between.
 * The gateway's record says what is proven, and the order goes on from there; doubt sends nothing.
 */
import type { OrderGatewayPort, RetryQueuePort } from "../ports.ts";
import { errorText, type Log } from "../log.ts";
import { ORDER_STEP_OVERDUE_MS } from "../../domain/limits.ts";
import type { Order } from "../../domain/order.ts";
import { approvedAgain } from "../../domain/risk/decide.ts";
import { openOrders } from "../../domain/risk/ledger.ts";
import type { LedgerBook } from "./book.ts";

export interface SweepParts {
  book: LedgerBook;
  gateway(account: string): OrderGatewayPort;
  retries: RetryQueuePort;
  log: Log;
}

const WAITING: ReadonlySet<Order["state"]> = new Set([
  "pending_new",
  "pending_cancel",
  "pending_replace",
]);

/** One round over all overdue orders, one after the other. One that fails waits for the next round. */
export async function sweep(parts: SweepParts, now: number): Promise<void> {
  for (const order of overdueOrders(parts.book, now)) {
    try {
      await goOn(parts, order, now);
    } catch (error) {
      const { clientOrderId, state } = order;
      parts.log("warn", "sweep_failed", { clientOrderId, state, error: errorText(error) });
    }
  }
}

/** When the first order becomes overdue, ms since 1970; null when none waits. */
export function nextOverdueAt(book: LedgerBook, now: number): number | null {
  const waiting = openOrders(book.state(now), ({ state }) => WAITING.has(state));
  if (waiting.length === 0) return null;
  return Math.min(...waiting.map(({ order }) => order.updatedAt)) + ORDER_STEP_OVERDUE_MS;
}

const overdueOrders = (book: LedgerBook, now: number): Order[] =>
  openOrders(
    book.state(now),
    ({ state, updatedAt }) => WAITING.has(state) && updatedAt + ORDER_STEP_OVERDUE_MS <= now,
  ).map(({ order }) => order);

async function goOn(parts: SweepParts, order: Order, now: number): Promise<void> {
  const gateway = parts.gateway(order.account);
  if (order.state === "pending_cancel") {
    await gateway.cancel(order.clientOrderId);
    return;
  }
  if (order.state === "pending_replace") {
    const asked = parts.book.state(now).orders.get(order.clientOrderId)?.asked;
    // The same terms again do no harm.
    if (asked) await gateway.modify(order.clientOrderId, asked.changes, order.epoch);
    return;
  }
  await resumeNew(parts, gateway, order, now);
}

/** Only "no record" proves that nothing was sent; with a record, the gateway itself goes on from it. */
async function resumeNew(
  { book, retries, log }: SweepParts,
  gateway: OrderGatewayPort,
  order: Order,
  now: number,
): Promise<void> {
  const { clientOrderId, account } = order;
  const evidence = await gateway.lookUp(clientOrderId);
  if (evidence.record !== "none" || evidence.found === true) return;
  const reason = "nobody handed it to its gateway in time";
  const next = book.commit(now, (state) => {
    const entry = book.find(state, clientOrderId);
    // It moved on while the gateway was asked.
    if (entry?.order.state !== "pending_new" || entry.order.updatedAt !== order.updatedAt)
      return "moved_on";
    if (approvedAgain(state, entry.order, now) === null) return "withdraw";
    book.append(state, entry, { kind: "not_sent", reason, attempt: evidence.attempts }, now);
    return "retry";
  });
  // Halted, or of an old region, and perhaps still on its way: only the gateway can promise that it
  // never leaves, and it says so by its own post.
  if (next === "withdraw") await gateway.cancel(clientOrderId);
  if (next !== "retry") return;
  log("warn", "order_swept", { clientOrderId, account });
  await retries.send({ clientOrderId, account, reason, firstAttemptAt: order.createdAt });
}
