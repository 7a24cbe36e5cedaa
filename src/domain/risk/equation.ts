/**
 * The ledger's equation: Σ reservations + Σ exposure of fills = exposure by orders = exposure by
 * positions, for each algo and instrument. It is kept three ways that share no arithmetic: running
 * sums, the orders one by one, and the position.
 */
import { assert } from "../assert.ts";
import { ZERO, type Decimal } from "../decimal.ts";
import { SIDES } from "../order.ts";
import { openRisk, shareOf } from "./exposure.ts";
import { reserves, type Holding } from "./state.ts";

/** With at most so many open orders in a holding, each event looks at all of them. */
const EACH_TIME_MAX = 8;

/** With more than this no event does, or that one would take too long; `brokenEquations` still does. */
const IN_ONE_EVENT_MAX = 1_000;

/**
 * Throws when a holding does not add up: a wrong ledger is worse than a stopped one. Every event checks
 * the fills against the position; the orders one by one as seldom as there are many of them, so that
 * an event costs the same however many stand open.
 */
export function assertEquation(holding: Holding): void {
  holding.unchecked += 1;
  const { size } = holding.orders;
  const eachOrder =
    size <= EACH_TIME_MAX || (size <= IN_ONE_EVENT_MAX && holding.unchecked >= size);
  if (eachOrder) holding.unchecked = 0;
  const broken = brokenEquation(holding, eachOrder);
  assert(
    broken === null,
    `ledger equation broken for ${holding.algoId} ${holding.instrument}: ${broken}`,
  );
}

/** What does not add up in any holding; empty when all is well. */
export const brokenEquations = (holdings: Iterable<Holding>): string[] =>
  [...holdings].flatMap((holding) => {
    const broken = brokenEquation(holding, true);
    return broken === null ? [] : [`${holding.algoId} ${holding.instrument}: ${broken}`];
  });

function brokenEquation(holding: Holding, eachOrder: boolean): string | null {
  const { position, filled } = holding;
  if (!filled.buy.minus(filled.sell).eq(position.quantity))
    return `fills give ${filled.buy.minus(filled.sell).toFixed()}, the position is ${position.quantity.toFixed()}`;
  if (position.quantity.eq(ZERO) && !(position.cost.eq(ZERO) && position.moneyAtRisk.eq(ZERO)))
    return "a flat position has cost or money at risk";
  if (position.moneyAtRisk.lt(ZERO)) return "the position's money at risk is below 0";
  return eachOrder ? brokenOrders(holding) : null;
}

function brokenOrders(holding: Holding): string | null {
  for (const side of SIDES) {
    let reserved: Decimal = ZERO;
    let fullRisk: Decimal = ZERO;
    let notional: Decimal = ZERO;
    let filled: Decimal = holding.ended[side];
    for (const entry of holding.orders.values()) {
      if (entry.order.side !== side) continue;
      if (!reserves(entry)) return `order ${entry.order.clientOrderId} reserves after its end`;
      const share = shareOf(entry, holding);
      reserved = reserved.plus(share.quantity);
      fullRisk = fullRisk.plus(share.quantity.times(share.riskPerUnit));
      notional = notional.plus(share.quantity.times(share.price));
      filled = filled.plus(entry.filled);
    }
    const totals = holding.sides[side];
    if (!reserved.eq(totals.quantity))
      return `${side} orders reserve ${reserved.toFixed()}, the sum says ${totals.quantity.toFixed()}`;
    if (!notional.eq(totals.notional))
      return `${side} orders are worth ${notional.toFixed()}, the sum says ${totals.notional.toFixed()}`;
    if (!fullRisk.eq(totals.fullRisk))
      return `${side} orders risk ${fullRisk.toFixed()}, the sum says ${totals.fullRisk.toFixed()}`;
    if (!filled.eq(holding.filled[side]))
      return `${side} orders filled ${filled.toFixed()}, the fills say ${holding.filled[side].toFixed()}`;
    if (openRisk(holding, side).lt(ZERO)) return `${side} orders risk less than nothing`;
  }
  return null;
}
