/**
 * Orders whose next step did not happen: whoever reserved, canceled or modified them died in between.
 * The gateway's record says what is proven, and the order goes on from there; doubt sends nothing.
 */
import type { OrderGatewayPort, RetryQueuePort } from "../ports.ts";
import { errorText, type Log } from "../log.ts";
import { ORDER_STEP_OVERDUE_MS, SWEEP_RETRY_MS } from "../../domain/limits.ts";
import { approvalOf, type Order } from "../../domain/order.ts";
import { approvedAgain } from "../../domain/risk/decide.ts";
import { openOrders } from "../../domain/risk/ledger.ts";
import type { LedgerOrder } from "../../domain/risk/state.ts";
import type { LedgerBook } from "./book.ts";
import { Tries } from "./tries.ts";

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

/** Of one in doubt only a cancel can be brought on; of one on the desk it is once it is found. */
const isWaiting = ({ state }: Order, { cancelWished }: LedgerOrder): boolean =>
  WAITING.has(state) || (state === "unknown" && cancelWished);

export class Sweep {
  readonly #parts: SweepParts;
  /** By order and step: one that moved on begins anew. */
  readonly #tries = new Tries(SWEEP_RETRY_MS);

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** The accounts with orders that are due: each has a gateway of its own, and one that is silent holds up no other's. */
  accountsDue(now: number): string[] {
    const waiting = this.#waiting(now);
    this.#tries.keepOnly(new Set(waiting.map(stepOf)));
    const due = waiting.filter((order) => this.#isDue(order, now));
    return [...new Set(due.map(({ account }) => account))];
  }

  /** One round over all of an account that are due, one after the other. One that fails waits for its next turn, like one that changes nothing. */
  async run(account: string, now: number): Promise<void> {
    const waiting = this.#waiting(now).filter((order) => order.account === account);
    for (const order of waiting) {
      if (!this.#isDue(order, now)) continue;
      this.#tries.note(stepOf(order), now);
      try {
        await goOn(this.#parts, order, now);
      } catch (error) {
        const { clientOrderId, state } = order;
        this.#parts.log("warn", "sweep_failed", { clientOrderId, state, error: errorText(error) });
      }
    }
  }

  /** When the first order of such an account is swept next, ms since 1970; never, when none waits. */
  dueAt(now: number, isSwept: (account: string) => boolean): number {
    const waiting = this.#waiting(now).filter(({ account }) => isSwept(account));
    return Math.min(Infinity, ...waiting.map((order) => this.#dueAt(order)));
  }

  #isDue(order: Order, now: number): boolean {
    return order.updatedAt + ORDER_STEP_OVERDUE_MS <= now && this.#tries.isDue(stepOf(order), now);
  }

  #dueAt(order: Order): number {
    return Math.max(order.updatedAt + ORDER_STEP_OVERDUE_MS, this.#tries.nextAt(stepOf(order)));
  }

  #waiting(now: number): Order[] {
    const { book } = this.#parts;
    return openOrders(book.state(now), isWaiting).map(({ order }) => order);
  }
}

const stepOf = ({ clientOrderId, state, updatedAt }: Order): string =>
  `${clientOrderId} ${state} ${updatedAt}`;

async function goOn(parts: SweepParts, order: Order, now: number): Promise<void> {
  const gateway = parts.gateway(order.account);
  if (order.state === "pending_cancel" || order.state === "unknown") {
    await gateway.cancel(order.clientOrderId);
    return;
  }
  if (order.state === "pending_replace") {
    const asked = parts.book.state(now).orders.get(order.clientOrderId)?.asked;
    // The same terms again are only answered.
    if (asked) await gateway.modify(order.clientOrderId, asked.changes, approvalOf(order));
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
