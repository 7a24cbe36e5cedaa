/** The best price at which a holding's open orders on one side would trade: worked out when asked for, kept until one changes. */
import { decimal, type Decimal } from "../decimal.ts";
import type { Side } from "../order.ts";
import { MEETS_ANY, type BestPrice, type Holding, type LedgerOrder } from "./state.ts";

/** Forgets what was worked out for a side: one of its orders has changed. */
export function forgetBest(holding: Holding, side: Side): void {
  holding.best = { ...holding.best, [side]: undefined };
}

/** Null when nothing on that side can trade before a trigger. */
export function bestOf(holding: Holding, side: Side): BestPrice {
  const known = holding.best[side];
  if (known !== undefined) return known;
  let best: BestPrice = null;
  for (const entry of holding.orders.values()) {
    if (entry.order.side !== side || !canTrade(entry)) continue;
    for (const price of pricesOf(entry)) best = better(best, price, side);
    if (best === MEETS_ANY) break;
  }
  holding.best = { ...holding.best, [side]: best };
  return best;
}

/** A stop that the broker has not even acknowledged has not been triggered, either. */
const canTrade = ({ order, untriggered }: LedgerOrder): boolean =>
  order.type === "market" ||
  order.type === "limit" ||
  !(untriggered || order.state === "pending_new");

/** While the broker has not answered new terms, either may stand. */
function pricesOf({ order, asked }: LedgerOrder): (Decimal | typeof MEETS_ANY)[] {
  if (order.limitPrice === null) return [MEETS_ANY];
  const changed = asked?.changes.limitPrice;
  return [decimal(order.limitPrice), ...(changed ? [decimal(changed)] : [])];
}

function better(best: BestPrice, price: Decimal | typeof MEETS_ANY, side: Side): BestPrice {
  if (price === MEETS_ANY || best === MEETS_ANY) return MEETS_ANY;
  if (best === null) return price;
  const higher = price.gt(best);
  return (side === "buy") === higher ? price : best;
}
