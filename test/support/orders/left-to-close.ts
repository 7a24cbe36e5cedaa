/** What is there to be closed, and what stands to close it, by arithmetic over single orders. */
import { decimal, maxDecimal, ZERO, type Decimal } from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { EXTERNAL_ALGO } from "../../../src/domain/risk/external.ts";
import { isDone, restOf, signOf } from "./order-sums.ts";

type Way = Pick<Order, "algoId" | "instrument" | "side">;

/** What an algo holds of an instrument that an order of `side` would close, by the fills of all orders. */
export const heldAgainst = (
  orders: readonly Order[],
  { algoId, instrument, side }: Way,
): Decimal => {
  const mine = orders.filter((each) => each.algoId === algoId && each.instrument === instrument);
  const held = mine.reduce(
    (sum, each) => sum.plus(decimal(each.filledQuantity).times(-signOf(each) * signOf({ side }))),
    ZERO,
  );
  return maxDecimal(ZERO, held);
};

/** The same as far as its account has it: what was traded against it past the platform is not there. */
export function leftToClose(orders: readonly Order[], way: Way): Decimal {
  const side = way.side === "buy" ? "sell" : "buy";
  const cut = heldAgainst(orders, { ...way, side, algoId: EXTERNAL_ALGO });
  return maxDecimal(ZERO, heldAgainst(orders, way).minus(cut));
}

/** What open orders would close; of a bracket's pair only one exit can be all filled. */
export function standsToClose(orders: readonly Order[]): Decimal {
  const pairs = new Map<string, Decimal>();
  for (const each of orders) {
    if (isDone(each)) continue;
    const { exit, clientOrderId } = each;
    const key = exit ? `${exit.entry} ${exit.pair}` : clientOrderId;
    pairs.set(key, maxDecimal(pairs.get(key) ?? ZERO, restOf(each)));
  }
  return [...pairs.values()].reduce((sum, rest) => sum.plus(rest), ZERO);
}
