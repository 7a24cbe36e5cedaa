/** Gathers what the ledger cannot know of an intent by itself: instrument, hours and the broker's rules. */
import type { OrderRequest } from "../contract/orders.ts";
import {
  decimal,
  decimalText,
  floorToStep,
  isMultipleOf,
  isZero,
  roundToStep,
} from "../domain/decimal.ts";
import type { BracketTerms } from "../domain/bracket.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import type { OrderIntent, OrderType, TimeInForce } from "../domain/order.ts";
import type { Refusal } from "../domain/risk/refusal.ts";
import type { Mark } from "../domain/tick.ts";
import { errorText } from "./log.ts";
import type { AccountMarket, OrderPorts } from "./order-ports.ts";
import type { IntentFacts } from "./ports.ts";

/** What of an order the broker's rules are about. */
interface OrderKind {
  type: OrderType;
  timeInForce: TimeInForce;
  bracket?: OrderRequest["bracket"] | BracketTerms;
}

/** In the order in which they suit a market order that is a way out: nothing of it should stand for long. */
const CLOSING_TIMES: readonly TimeInForce[] = ["day", "ioc", "gtc"];

/** The time in force of a market order that closes a position: not every broker has day orders. */
export const closingTime = ({ rules }: AccountMarket): TimeInForce =>
  CLOSING_TIMES.find((each) => rules.timesInForce.includes(each)) ?? "day";

/** The exits that a gateway would place for it. */
function exitKinds({ rules }: AccountMarket, { bracket }: OrderKind): OrderKind[] {
  if (!bracket) return [];
  const timeInForce = rules.timesInForce.includes("gtc") ? "gtc" : "day";
  const stop = (bracket.stopLimitPrice ?? null) === null ? "stop" : "stop_limit";
  return [
    { type: stop, timeInForce },
    { type: "limit", timeInForce },
  ];
}

/** The first price of a bracket that no order could have: said before anything is reserved. */
export function bracketOffGrid(
  { bracket }: Pick<OrderRequest, "bracket">,
  { id, tickSize }: Instrument,
): Refusal | null {
  if (!bracket) return null;
  const odd = Object.entries(bracket).find(
    ([, price]) => price !== undefined && !isMultipleOf(decimal(price), decimal(tickSize)),
  );
  if (!odd) return null;
  const [field, asked] = odd;
  return {
    code: "PRICE_OFF_GRID",
    message: `bracket.${field} ${asked} is not a multiple of ${tickSize}; round it, or send round: true.`,
    scope: `instrument:${id}`,
    limit: tickSize,
    asked,
    have: null,
  };
}

/** Why this broker's rules forbid an order of this kind, or null. */
export function brokerRefusal(
  market: AccountMarket,
  instrument: Instrument | null,
  order: OrderKind,
): string | null {
  for (const exit of exitKinds(market, order)) {
    const refusal = brokerRefusal(market, instrument, exit);
    if (refusal) return `${refusal}, which an exit of the bracket would be`;
  }
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
  order: OrderKind,
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

/** A price that nobody can tell just now is none: the ledger's refusal of an entry stands, and exits never ask for one. */
export async function priceOf(
  { log }: Pick<OrderPorts, "log">,
  market: AccountMarket,
  { instrument, clientOrderId }: Pick<OrderIntent, "instrument" | "clientOrderId">,
): Promise<Mark | null> {
  try {
    return await market.mark(instrument);
  } catch (error) {
    log("warn", "price_not_told", { instrument, clientOrderId, reason: errorText(error) });
    return null;
  }
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
    ...(request.bracket
      ? {
          bracket: {
            stopPrice: price(request.bracket.stopPrice) ?? request.bracket.stopPrice,
            stopLimitPrice: price(request.bracket.stopLimitPrice),
            targetPrice: price(request.bracket.targetPrice) ?? request.bracket.targetPrice,
          },
        }
      : {}),
    limitPrice: price(request.limitPrice),
    stopPrice: price(request.stopPrice),
  };
}
