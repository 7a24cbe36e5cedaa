/** What must be true of what only reduces, when it is reserved and when it leaves, by arithmetic of its own: it closes what is there to close, once. */
import { legId } from "../../../src/domain/bracket.ts";
import {
  decimal,
  maxDecimal,
  minDecimal,
  ZERO,
  type Decimal,
} from "../../../src/domain/decimal.ts";
import type { Order, OrderIntent } from "../../../src/domain/order.ts";
import { EXTERNAL_ALGO } from "../../../src/domain/risk/external.ts";
import { beside, heldBy, isDone, restOf, signOf } from "./order-sums.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";

export class ExitRules {
  readonly breaches = new Set<string>();
  readonly #ledger: SimulatedLedger;
  readonly #broker: SimulatedBroker;
  /** What the gateway's own record says that an order has filled; "0" without a record. */
  filledAt: (clientOrderId: string) => string = () => "0";

  constructor(ledger: SimulatedLedger, broker: SimulatedBroker) {
    this.#ledger = ledger;
    this.#broker = broker;
  }

  /** The ledger has just reserved it. */
  reserved(order: Order): void {
    if (order.reduceOnly) {
      this.#onlyReduces(order);
      this.#isThereToClose(order);
    }
    if (order.exit) this.#isCovered(order, order.exit.entry);
  }

  /**
   * It leaves the gateway. An exit that was never there has not filled, so that the other one was never made
   * smaller: the larger of the two is the pair.
   */
  sent({ clientOrderId, exit, quantity }: OrderIntent): void {
    if (!exit) return;
    const other = legId(exit.entry, exit.pair, exit.leg === "stop" ? "target" : "stop");
    const asked = decimal(this.#ledger.store.anyOrder(other)?.quantity ?? "0");
    const filled = decimal(this.filledAt(other));
    if (filled.gt(ZERO) && filled.gte(maxDecimal(asked, decimal(quantity))))
      this.#found(`${clientOrderId} left although its gateway knew that ${other} had closed all`);
  }

  #found(breach: string): void {
    this.breaches.add(breach);
  }

  /** Alone, and with everything else that may only reduce, it never turns the position over. A bracket's pair is one exit. */
  #onlyReduces(order: Order): void {
    const closable = maxDecimal(ZERO, heldBy(this.#ledger, order).times(-signOf(order)));
    const pairs = new Map<string, Decimal>();
    for (const each of beside(this.#ledger, order)) {
      if (!each.reduceOnly || each.side !== order.side) continue;
      if (isDone(each) || this.#neverLeft(each)) continue;
      const { exit, clientOrderId } = each;
      const key = exit ? `${exit.entry} ${exit.pair}` : clientOrderId;
      pairs.set(key, maxDecimal(pairs.get(key) ?? ZERO, restOf(each)));
    }
    // A target closes what its stop would: it adds only what goes beyond that.
    const own = restOf(order).minus(this.#stopOf(order));
    const all = [...pairs.values()].reduce((sum, rest) => sum.plus(rest), ZERO);
    if (own.gt(closable) || (!order.exit && all.gt(closable)))
      this.#found(
        `${order.clientOrderId} may only reduce, and could close ${all.toFixed()} of ${closable.toFixed()}`,
      );
  }

  /** The account has what all books add up to: what algos and `external` hold against each other is closed there already. */
  #isThereToClose(order: Order): void {
    const books = new Map<string, Decimal>();
    for (const each of this.#ledger.store.orders())
      if (each.instrument === order.instrument) {
        const traded = decimal(each.filledQuantity).times(signOf(each));
        books.set(each.algoId, (books.get(each.algoId) ?? ZERO).plus(traded));
      }
    const isPast = order.algoId === EXTERNAL_ALGO;
    let closable = ZERO;
    let against = ZERO;
    for (const [algoId, held] of books) {
      const open = held.times(-signOf(order));
      if ((algoId === EXTERNAL_ALGO) === isPast) closable = closable.plus(maxDecimal(ZERO, open));
      else against = against.minus(minDecimal(ZERO, open));
    }
    const left = maxDecimal(ZERO, closable.minus(against));
    const own = restOf(order).minus(this.#stopOf(order));
    if (own.gt(left))
      this.#found(
        `${order.clientOrderId} closes ${own.toFixed()}, of which the account has ${left.toFixed()}`,
      );
  }

  /** On the desk as not sent or refused, as the broker bears out: until it leaves, it closes nothing and nothing is reserved for it. */
  #neverLeft({ clientOrderId, state }: Order): boolean {
    if (state !== "dead_lettered") return false;
    const label = this.#ledger.store.order(clientOrderId)?.label ?? "unknown";
    const { held, unanswered } = this.#broker;
    const isThere = held.some((each) => each.order.clientOrderId === clientOrderId);
    return label !== "unknown" && !isThere && !unanswered.has(clientOrderId);
  }

  #stopOf(order: Order): Decimal {
    const { exit } = order;
    if (exit?.leg !== "target") return ZERO;
    const stop = beside(this.#ledger, order).find(
      (each) =>
        each.exit?.entry === exit.entry && each.exit.pair === exit.pair && each.exit.leg === "stop",
    );
    return stop && !isDone(stop) && !this.#neverLeft(stop) ? restOf(stop) : ZERO;
  }

  /** An exit is of what has filled of its entry, never of what was asked for. */
  #isCovered({ clientOrderId, quantity, exit }: Order, entry: string): void {
    const filled = decimal(this.#ledger.store.anyOrder(entry)?.filledQuantity ?? "0");
    if (decimal(quantity).gt(filled))
      this.#found(
        `${clientOrderId} (pair ${exit?.pair ?? 0}) is of ${quantity}, its entry filled ${filled.toFixed()}`,
      );
  }
}
