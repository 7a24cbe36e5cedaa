/** Gathers what the ledger cannot know of an intent by itself: instrument, hours and the broker's rules. */
import type { OrderRequest } from "../contract/orders.ts";
import { decimal, decimalText, floorToStep, isZero, roundToStep } from "../domain/decimal.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import type { OrderType, TimeInForce } from "../domain/order.ts";
import type { AccountMarket } from "./order-ports.ts";
import type { IntentFacts } from "./ports.ts";

/** Why this broker's rules forbid an order of this kind, or null. */
export function brokerRefusal(
  market: AccountMarket,
  instrument: Instrument | null,
  order: { type: OrderType; timeInForce: TimeInForce },
): string | null {
  const { broker, orderTypes, timesInForce } = market.rules;
  if (!orderTypes.includes(order.type)) return `${broker} takes no ${order.type} orders`;
  if (!timesInForce.includes(order.timeInForce))
    return `${broker} takes no ${order.timeInForce} orders`;
  if (instrument && !instrument.tradable) return `${instrument.id} can be watched, not traded`;
  return null;
}

/** The facts without a mark: the ledger's own comes first, and one is fetched only when that is stale. */
export async function gatherFacts(
  market: AccountMarket,
  id: InstrumentId,
  order: { type: OrderType; timeInForce: TimeInForce },
  now: number,
): Promise<IntentFacts> {
  const instrument = await market.instrument(id);
  return {
    instrument,
    marketOpen: instrument !== null && (await market.isOpen(instrument, now)),
    brokerRefusal: brokerRefusal(market, instrument, order),
    mark: null,
  };
}

/** Prices to the nearest tick, quantity down to the lot: only for a caller who asked for it. */
export function roundToGrid(request: OrderRequest, instrument: Instrument): OrderRequest {
  const tick = decimal(instrument.tickSize);
  const price = (text: string | undefined) =>
    text === undefined ? undefined : decimalText(roundToStep(decimal(text), tick));
  const quantity = floorToStep(decimal(request.quantity), decimal(instrument.lotSize));
  return {
    ...request,
    // Less than one lot stays as it was, for the ledger to refuse by name.
    quantity: isZero(quantity) ? request.quantity : decimalText(quantity),
    limitPrice: price(request.limitPrice),
    stopPrice: price(request.stopPrice),
  };
}
