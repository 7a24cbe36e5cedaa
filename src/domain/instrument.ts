/** What can be watched or traded. An instrument is known by exchange and symbol, never by a bare token. */
import type { DecimalText } from "./decimal.ts";

/** `EXCHANGE:SYMBOL`, e.g. `NSE:INFY`, `KRAKEN:BTC/USD`. */
export type InstrumentId = string;

export const INSTRUMENT_ID_PATTERN = /^[A-Z0-9_]{1,16}:[A-Z0-9][A-Z0-9 ./_&^-]{0,39}$/;

export type InstrumentKind = "equity" | "future" | "option" | "crypto" | "index" | "currency";

export interface Instrument {
  id: InstrumentId;
  exchange: string;
  symbol: string;
  name: string;
  kind: InstrumentKind;
  /** Currency of price and notional, e.g. "INR". */
  currency: string;
  /** Prices are whole multiples of this. */
  tickSize: DecimalText;
  /** Quantities are whole multiples of this. */
  lotSize: DecimalText;
  minQuantity: DecimalText;
  maxQuantity: DecimalText;
  /** False for an index: it can be watched, not traded. */
  tradable: boolean;
  /** Key of the exchange's calendar in `calendar.ts`. */
  calendar: string;
}

/** Splits an id at the first colon. The id must match `INSTRUMENT_ID_PATTERN`. */
export function splitInstrumentId(id: InstrumentId): { exchange: string; symbol: string } {
  const colon = id.indexOf(":");
  return { exchange: id.slice(0, colon), symbol: id.slice(colon + 1) };
}
