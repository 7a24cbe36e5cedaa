/** Whether an order can stand on this exchange, and why not. Each check is one sentence to the trader. Pure. */
import { decimal, decimalText } from "../../../domain/decimal.ts";
import { err, ok } from "../../../domain/result.ts";
import type { Result } from "../../../domain/result.ts";
import { lotsOf, notional, ticksOf } from "../grid.ts";
import type { NewOrderRequest } from "../wire.ts";
import type { Account } from "./account.ts";
import type { EngineOrder, EngineRefusal, Listing } from "./types.ts";

/** The terms of an order in ticks and lots. */
export interface Terms {
  quantityLots: number;
  limitTicks: number | null;
  stopTicks: number | null;
}

const rejected = (message: string) => err<EngineRefusal>({ code: "REJECTED", message });

const NEEDS = {
  market: { limitPrice: false, stopPrice: false },
  limit: { limitPrice: true, stopPrice: false },
  stop: { limitPrice: false, stopPrice: true },
  stop_limit: { limitPrice: true, stopPrice: true },
} as const;

type TermsRequest = Pick<NewOrderRequest, "type" | "quantity" | "limitPrice" | "stopPrice">;

/** Reads prices and quantity onto the instrument's grid. */
export function termsOf(listing: Listing, request: TermsRequest): Result<Terms, EngineRefusal> {
  const { instrument, grid } = listing;
  if (!instrument.tradable) return rejected(`${instrument.id} can be watched but not traded`);
  for (const field of ["limitPrice", "stopPrice"] as const) {
    const isGiven = request[field] !== null;
    if (isGiven === NEEDS[request.type][field]) continue;
    return rejected(`a ${request.type} order ${isGiven ? "takes no" : "needs a"} ${field}`);
  }
  const quantityLots = lotsOf(grid, request.quantity);
  if (quantityLots === null) {
    return rejected(`quantity ${request.quantity} is not a multiple of ${instrument.lotSize}`);
  }
  const quantity = decimal(request.quantity);
  if (quantity.lt(instrument.minQuantity) || quantity.gt(instrument.maxQuantity)) {
    const { minQuantity, maxQuantity } = instrument;
    return rejected(`quantity must be ${minQuantity} to ${maxQuantity}, not ${request.quantity}`);
  }
  const limitTicks = request.limitPrice === null ? null : ticksOf(grid, request.limitPrice);
  const stopTicks = request.stopPrice === null ? null : ticksOf(grid, request.stopPrice);
  if (request.limitPrice !== null && limitTicks === null) {
    return rejected(
      `limit price ${request.limitPrice} is not a multiple of ${instrument.tickSize}`,
    );
  }
  if (request.stopPrice !== null && stopTicks === null) {
    return rejected(`stop price ${request.stopPrice} is not a multiple of ${instrument.tickSize}`);
  }
  return ok({ quantityLots, limitTicks, stopTicks });
}

/**
 * Whether the free funds hold an order. What only closes a position needs none: the position itself
 * is held at its full value already.
 */
export function checkFunds(
  account: Account,
  listing: Listing,
  order: Pick<EngineOrder, "side" | "reserveTicks">,
  lots: number,
): Result<null, EngineRefusal> {
  const held = account.lots(listing.instrument.id);
  const closing = order.side === "buy" ? Math.max(0, -held) : Math.max(0, held);
  const opening = Math.max(0, lots - closing);
  if (opening === 0) return ok(null);
  const { currency } = listing.instrument;
  const needed = notional(listing.grid, opening, order.reserveTicks);
  const { available } = account.balance(currency);
  if (needed.lte(available)) return ok(null);
  const asked = `${decimalText(needed)} ${currency}`;
  return rejected(`insufficient funds: ${asked} needed, ${decimalText(available)} available`);
}
