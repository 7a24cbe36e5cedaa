/**
 * The money and the positions behind the orders: a margin account that holds every position and every
 * open order at its full value, long or short. Pure; exact decimals.
 */
import { decimal, decimalText, ZERO } from "../../../domain/decimal.ts";
import type { Decimal, DecimalText } from "../../../domain/decimal.ts";
import type { Side } from "../../../domain/order.ts";
import type { BrokerBalance, BrokerPosition } from "../../broker.ts";
import { notional, quantityText } from "../grid.ts";
import { remainingLots } from "./types.ts";
import type { EngineOrder, Fill, Listing } from "./types.ts";

/** Cash of a new account, by currency. */
export const PAPER_OPENING_CASH: Readonly<Record<string, DecimalText>> = {
  USD: "1000000",
  USDT: "1000000",
  INR: "50000000",
};

/** A position with what it cost at its average price; signed lots, cost of the same sign. */
export interface PositionRecord {
  instrument: string;
  lots: number;
  cost: DecimalText;
}

export interface CashRecord {
  currency: string;
  cash: DecimalText;
}

interface Position {
  lots: number;
  cost: Decimal;
}

export class Account {
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #cash = new Map<string, Decimal>();
  readonly #positions = new Map<string, Position>();
  /** Value of open orders by currency, kept as they change: adding it up for each order would be slow. */
  readonly #reserved = new Map<string, Decimal>();

  constructor(
    listings: ReadonlyMap<string, Listing>,
    cash: readonly CashRecord[],
    positions: readonly PositionRecord[],
  ) {
    this.#listings = listings;
    for (const [currency, amount] of Object.entries(PAPER_OPENING_CASH)) {
      this.#cash.set(currency, decimal(amount));
    }
    for (const record of cash) this.#cash.set(record.currency, decimal(record.cash));
    for (const { instrument, lots, cost } of positions) {
      this.#positions.set(instrument, { lots, cost: decimal(cost) });
    }
  }

  /** Holds what an order still has to trade against the funds. Called once for each open order. */
  reserve(order: EngineOrder, lots = remainingLots(order)): void {
    this.#addReserved(order, lots);
  }

  release(order: EngineOrder, lots = remainingLots(order)): void {
    this.#addReserved(order, -lots);
  }

  #addReserved(order: EngineOrder, lots: number): void {
    const listing = this.#listings.get(order.instrument);
    if (!listing || lots === 0) return;
    const { currency } = listing.instrument;
    const held = this.#reserved.get(currency) ?? ZERO;
    this.#reserved.set(currency, held.plus(notional(listing.grid, lots, order.reserveTicks)));
  }

  /** Applies one fill to cash and position. */
  fill(listing: Listing, side: Side, fill: Fill): void {
    const { currency, id } = listing.instrument;
    const value = notional(listing.grid, fill.lots, fill.ticks);
    const cash = this.#cash.get(currency) ?? ZERO;
    this.#cash.set(currency, side === "buy" ? cash.minus(value) : cash.plus(value));
    const position = this.#positions.get(id) ?? { lots: 0, cost: ZERO };
    const lots = side === "buy" ? fill.lots : -fill.lots;
    this.#positions.set(id, moved(position, lots, value));
  }

  lots(instrument: string): number {
    return this.#positions.get(instrument)?.lots ?? 0;
  }

  /** Cash plus positions at cost, and what of it is not held. */
  balance(currency: string): { total: Decimal; available: Decimal } {
    let total = this.#cash.get(currency) ?? ZERO;
    let held = this.#reserved.get(currency) ?? ZERO;
    for (const [id, position] of this.#positions) {
      if (this.#listings.get(id)?.instrument.currency !== currency) continue;
      total = total.plus(position.cost);
      held = held.plus(position.cost.abs());
    }
    return { total, available: total.minus(held) };
  }

  balances(): BrokerBalance[] {
    return [...this.#cash.keys()].map((currency) => {
      const { total, available } = this.balance(currency);
      return { currency, total: decimalText(total), available: decimalText(available) };
    });
  }

  /** Positions that are not flat. */
  positions(): BrokerPosition[] {
    const open: BrokerPosition[] = [];
    for (const [id, { lots, cost }] of this.#positions) {
      const listing = this.#listings.get(id);
      if (!listing || lots === 0) continue;
      const averagePrice = decimalText(cost.div(listing.grid.lot.times(lots)));
      open.push({ instrument: id, quantity: quantityText(listing.grid, lots), averagePrice });
    }
    return open;
  }

  cashRecord(currency: string): CashRecord {
    return { currency, cash: decimalText(this.#cash.get(currency) ?? ZERO) };
  }

  positionRecord(instrument: string): PositionRecord {
    const position = this.#positions.get(instrument) ?? { lots: 0, cost: ZERO };
    return { instrument, lots: position.lots, cost: decimalText(position.cost) };
  }
}

/** A position after `lots` (signed) were traded for `value`: what is closed leaves at average cost. */
function moved(position: Position, lots: number, value: Decimal): Position {
  const after = position.lots + lots;
  const signedValue = lots > 0 ? value : value.neg();
  const isAdding = position.lots === 0 || position.lots > 0 === lots > 0;
  if (isAdding) return { lots: after, cost: position.cost.plus(signedValue) };
  if (after === 0) return { lots: 0, cost: ZERO };
  const isFlipped = after > 0 !== position.lots > 0;
  if (isFlipped) return { lots: after, cost: signedValue.times(after).div(lots) };
  return { lots: after, cost: position.cost.times(after).div(position.lots) };
}
