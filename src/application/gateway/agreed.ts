/**
 * Orders of the broker's list that stand just as their records say. Shown the same again they are no news:
 * a busy account has thousands of them in every poll, and reading each record again held up all else.
 */
import type { BrokerOrder } from "../../brokers/broker.ts";
import { isOpenThere } from "../../domain/reconciliation/orders.ts";
import { sameTerms, type GatewayOrder } from "./record.ts";

/** Memory of one run, as all of it may be: what is not remembered is compared again. */
export class Agreed {
  /** How each was shown, by the broker's id. */
  readonly #shown = new Map<string, string>();

  /** It was found to agree, is shown the same, and its record was not written since. */
  has(seen: BrokerOrder): boolean {
    return this.#shown.get(seen.brokerOrderId) === textOf(seen);
  }

  /** Remembers it where nothing is to be done about it, whenever it is looked at. */
  note(order: GatewayOrder, seen: BrokerOrder): void {
    if (order.brokerOrderId === seen.brokerOrderId && agrees(order, seen))
      this.#shown.set(seen.brokerOrderId, textOf(seen));
  }

  /** Its record has been stored, and not before: what was known of it is over, and what it says now is what a quiet order is to be shown as. */
  written(order: GatewayOrder): void {
    const { brokerOrderId, terms, clientOrderId } = order;
    if (brokerOrderId === null) return;
    this.#shown.delete(brokerOrderId);
    if (isQuiet(order) && terms !== null)
      this.#shown.set(brokerOrderId, textOf({ clientOrderId, state: stateOf(order), ...terms }));
  }
}

type Shown = Pick<BrokerOrder, "clientOrderId" | "state" | "quantity" | "limitPrice" | "stopPrice">;

const textOf = ({ clientOrderId, state, quantity, limitPrice, stopPrice }: Shown): string =>
  `${clientOrderId} ${state} ${quantity} ${limitPrice} ${stopPrice}`;

function stateOf({ pendingTrigger, filledQuantity }: GatewayOrder): BrokerOrder["state"] {
  if (pendingTrigger) return "pending_trigger";
  return filledQuantity === "0" ? "new" : "partially_filled";
}

/** It rests, and nothing is wished of it. A stranger's fills are counted by its rows, so it never counts. */
const isQuiet = (order: GatewayOrder): boolean =>
  order.record === "accepted" &&
  order.ended === null &&
  order.cancel === "none" &&
  order.changes === null &&
  !order.absentSince &&
  order.external === undefined;

/** It rests here and there on the same terms. */
function agrees(order: GatewayOrder, seen: BrokerOrder): boolean {
  const { terms } = order;
  if (!isQuiet(order) || terms === null || !isOpenThere(seen)) return false;
  if (order.pendingTrigger && seen.state !== "pending_trigger") return false;
  const { quantity } = seen;
  // A broker may drop a price that has done its work: null is no change.
  const limitPrice = seen.limitPrice ?? terms.limitPrice;
  const stopPrice = seen.stopPrice ?? terms.stopPrice;
  return sameTerms({ quantity, limitPrice, stopPrice }, terms);
}
