/** What stands at the broker after a run and may only reduce could turn no position over, neither an algo's nor the account's. */
import { ZERO } from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { EXTERNAL_ALGO } from "../../../src/domain/risk/external.ts";
import { isOpen } from "./exchange.ts";
import { heldAgainst, standsToClose } from "./left-to-close.ts";
import type { World } from "./world.ts";

export function couldTurnOver(world: World): string[] {
  const orders = world.ledger.store.orders();
  const atBroker = new Map(
    world.broker.held.filter(isOpen).map(({ order }) => [order.clientOrderId, order]),
  );
  const standing = orders.flatMap((order): Order[] => {
    const there = order.reduceOnly ? atBroker.get(order.clientOrderId) : undefined;
    return there
      ? [{ ...order, quantity: there.quantity, filledQuantity: there.filledQuantity }]
      : [];
  });
  const ways = new Map(standing.map((each) => [`${each.instrument} ${each.side}`, each]));
  return [...ways.values()].flatMap((way) => ofWay(orders, standing, way));
}

function ofWay(
  orders: readonly Order[],
  standing: readonly Order[],
  { instrument, side }: Pick<Order, "instrument" | "side">,
): string[] {
  const here = standing.filter((each) => each.instrument === instrument && each.side === side);
  const algos = new Set(orders.map(({ algoId }) => algoId).filter((id) => id !== EXTERNAL_ALGO));
  let all = ZERO;
  const found: string[] = [];
  for (const algoId of algos) {
    const held = heldAgainst(orders, { algoId, instrument, side });
    const mine = here.filter((each) => each.algoId === algoId);
    all = all.plus(held);
    if (standsToClose(mine).gt(held))
      found.push(
        `${mine.map(({ clientOrderId }) => clientOrderId).join(", ")} could close ${standsToClose(mine).toFixed()} of the ${held.toFixed()} ${instrument} of ${algoId}`,
      );
  }
  const past = {
    algoId: EXTERNAL_ALGO,
    instrument,
    side: side === "buy" ? "sell" : "buy",
  } as const;
  const left = all.minus(heldAgainst(orders, past));
  if (found.length === 0 && here.length > 0 && standsToClose(here).gt(left))
    found.push(
      `what may only reduce could close ${standsToClose(here).toFixed()} ${instrument}, of which the account has ${left.toFixed()}`,
    );
  return found;
}
