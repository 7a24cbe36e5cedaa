/** Watches a run while it goes, with arithmetic of its own: what leaves, and what is reserved, at the moment it happens. */
import type { IntentFacts } from "../../../src/application/ports.ts";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import type { ApprovedOrder, Order } from "../../../src/domain/order.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";

interface ToldHalt {
  /** The highest version that halted. */
  haltVersion: number;
  /** The highest version told. */
  version: number;
  halted: boolean;
}

export class Monitor {
  readonly breaches: string[] = [];
  readonly #ledger: SimulatedLedger;
  /** By scope, what the gateway has confirmed. Every scope of the plans covers every order. */
  readonly #told = new Map<string, ToldHalt>();
  #epochSent = 0;

  constructor(ledger: SimulatedLedger) {
    this.#ledger = ledger;
  }

  gatewayTold(scope: string, version: number, halted: boolean): void {
    const known = this.#told.get(scope) ?? { haltVersion: 0, version: 0, halted: false };
    const newer = version > known.version;
    this.#told.set(scope, {
      haltVersion: halted ? Math.max(known.haltVersion, version) : known.haltVersion,
      version: newer ? version : known.version,
      halted: newer ? halted : known.halted,
    });
  }

  /** An order leaves the gateway. */
  sent({ intent: { clientOrderId }, ledgerVersion, epoch }: ApprovedOrder): void {
    for (const [scope, { halted, haltVersion }] of this.#told)
      if (halted || ledgerVersion <= haltVersion)
        this.breaches.push(`${clientOrderId} left although the kill switch of ${scope} was on`);
    if (epoch < this.#epochSent)
      this.breaches.push(`${clientOrderId} left under epoch ${epoch} after ${this.#epochSent}`);
    this.#epochSent = Math.max(this.#epochSent, epoch);
  }

  /** The ledger has just reserved an order, in the same transaction's breath. */
  reserved(clientOrderId: string, facts: IntentFacts): void {
    const { state, store } = { state: this.#ledger.state(), store: this.#ledger.store };
    for (const { scope, state: trading } of state.tradingStates.values())
      if (trading === "halted")
        this.breaches.push(`${clientOrderId} was reserved although ${scope} is halted`);
    if (facts.epoch !== undefined && facts.epoch < store.epoch)
      this.breaches.push(`${clientOrderId} was reserved for epoch ${facts.epoch}, long over`);
    const order = state.orders.get(clientOrderId)?.order;
    if (order) this.#limitsHold(order, order.quantity);
  }

  /** New terms were reserved. */
  replaced(order: Order, quantity: string | null): void {
    this.#limitsHold(order, quantity ?? order.quantity);
  }

  #limitsHold(order: Order, quantity: string): void {
    const own = this.#ledger.store.orders().filter(({ algoId }) => algoId === order.algoId);
    const sign = order.side === "buy" ? 1 : -1;
    let position = ZERO;
    let open = ZERO;
    let openCount = 0;
    for (const each of own) {
      const eachSign = each.side === "buy" ? 1 : -1;
      position = position.plus(decimal(each.filledQuantity).times(eachSign));
      if (isTerminal(each.state) || each.state === "dead_lettered") continue;
      openCount += 1;
      if (eachSign !== sign) continue;
      const size = each.clientOrderId === order.clientOrderId ? quantity : each.quantity;
      open = open.plus(decimal(size).minus(each.filledQuantity));
    }
    const { limits } = this.#ledger.state();
    const worst = position.times(sign).plus(open);
    const most = limits.at("portfolio", "positionQuantity");
    if (most && worst.gt(most))
      this.breaches.push(
        `${order.clientOrderId} could lead to ${worst.toFixed()} units, the limit is ${most.toFixed()}`,
      );
    const mostOpen = limits.at("portfolio", "openOrders");
    const isNew = order.state === "pending_new";
    if (isNew && mostOpen && mostOpen.lt(openCount) && !position.times(sign).lt(ZERO))
      this.breaches.push(
        `${order.clientOrderId} is one of ${openCount} open orders, the limit is ${mostOpen.toFixed()}`,
      );
  }
}
