/**
 * Reads Kraken's REST `Trades` answer (https://docs.kraken.com/api/docs/rest-api/get-recent-trades).
 * Total and pure. Prices and quantities stay the text that the exchange wrote, so that nothing is rounded.
 */
import { err, ok } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { DECIMAL_PATTERN } from "../../domain/decimal.ts";
import type { DecimalText } from "../../domain/decimal.ts";

export interface KrakenTrade {
  price: DecimalText;
  quantity: DecimalText;
  /** ms since 1970; Kraken gives seconds with a fraction, of which whole milliseconds are kept. */
  time: number;
  side: "buy" | "sell";
  type: "market" | "limit";
  /** Rises by one from trade to trade of a pair. */
  tradeId: number;
}

export interface KrakenTrades {
  instrument: InstrumentId;
  trades: KrakenTrade[];
  /** Where the next page starts. */
  last: string;
}

/** What is wrong, and the path of the field that it is wrong in; null when it is not JSON at all. */
export interface KrakenParseError {
  field: string | null;
  message: string;
}

/** Kraken's older pairs carry X for crypto and Z for money before each side; the newer ones are plain. */
const PAIRS: Readonly<Record<string, InstrumentId>> = {
  XBTUSDT: "KRAKEN:XBT/USDT",
  XXBTZUSD: "KRAKEN:BTC/USD",
  XETHZUSD: "KRAKEN:ETH/USD",
  ETHUSDT: "KRAKEN:ETH/USDT",
  SOLUSD: "KRAKEN:SOL/USD",
  SOLUSDT: "KRAKEN:SOL/USDT",
  XXRPZUSD: "KRAKEN:XRP/USD",
  XRPUSDT: "KRAKEN:XRP/USDT",
  ADAUSD: "KRAKEN:ADA/USD",
  XDGUSD: "KRAKEN:DOGE/USD",
  DOTUSD: "KRAKEN:DOT/USD",
  XLTCZUSD: "KRAKEN:LTC/USD",
  BCHUSD: "KRAKEN:BCH/USD",
  LINKUSD: "KRAKEN:LINK/USD",
  AVAXUSD: "KRAKEN:AVAX/USD",
  ATOMUSD: "KRAKEN:ATOM/USD",
  UNIUSD: "KRAKEN:UNI/USD",
  AAVEUSD: "KRAKEN:AAVE/USD",
  TRXUSD: "KRAKEN:TRX/USD",
  XXLMZUSD: "KRAKEN:XLM/USD",
  ALGOUSD: "KRAKEN:ALGO/USD",
  NEARUSD: "KRAKEN:NEAR/USD",
  FILUSD: "KRAKEN:FIL/USD",
  XXMRZUSD: "KRAKEN:XMR/USD",
};

export const wrong = (field: string | null, message: string) =>
  err<KrakenParseError>({ field, message });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The rows of one pair in an answer. A pair that is not listed here, or a list of errors from Kraken, is an error. */
export function parsePairRows(
  text: string,
): Result<
  { instrument: InstrumentId; pair: string; rows: unknown[]; last: unknown },
  KrakenParseError
> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return wrong(null, `not JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  if (!isObject(json)) return wrong("", "must be an object with error and result");
  if (!Array.isArray(json["error"])) return wrong("error", "must be a list");
  if (json["error"].length > 0)
    return wrong("error", `Kraken answered ${json["error"].join(", ")}`);
  const { result } = json;
  if (!isObject(result)) return wrong("result", "must be an object");
  const [pair, ...others] = Object.keys(result).filter((name) => name !== "last");
  if (pair === undefined) return wrong("result", "names no pair");
  if (others.length > 0) return wrong("result", `holds more than one pair: ${pair}, ${others[0]}`);
  const instrument = Object.hasOwn(PAIRS, pair) ? PAIRS[pair] : undefined;
  if (instrument === undefined) return wrong(`result.${pair}`, `is a pair that is not known here`);
  const rows: unknown = result[pair];
  if (!Array.isArray(rows)) return wrong(`result.${pair}`, "must be a list");
  return ok({ instrument, pair, rows, last: result["last"] });
}

/** Reads one answer of trades. */
export function parseRestTrades(text: string): Result<KrakenTrades, KrakenParseError> {
  const answer = parsePairRows(text);
  if (!answer.ok) return answer;
  const { instrument, pair, rows, last } = answer.value;
  if (typeof last !== "string") return wrong("result.last", "must be a text");
  const trades: KrakenTrade[] = [];
  for (const [index, row] of rows.entries()) {
    const trade = parseTrade(row, `result.${pair}[${index}]`);
    if (!trade.ok) return trade;
    trades.push(trade.value);
  }
  return ok({ instrument, trades, last });
}

/** `[price, quantity, time, side, type, miscellaneous, trade id]`. */
function parseTrade(row: unknown, field: string): Result<KrakenTrade, KrakenParseError> {
  if (!Array.isArray(row) || row.length < 7) return wrong(field, "must be a trade of seven fields");
  const [price, quantity, seconds, side, type, , tradeId] = row as unknown[];
  if (!isPositiveDecimal(price)) return wrong(`${field}[0]`, "price must be a decimal above 0");
  if (!isPositiveDecimal(quantity)) {
    return wrong(`${field}[1]`, "quantity must be a decimal above 0");
  }
  if (typeof seconds !== "number" || !(seconds > 0) || seconds > LATEST_SECONDS) {
    return wrong(`${field}[2]`, "time must be seconds since 1970");
  }
  if (side !== "b" && side !== "s") return wrong(`${field}[3]`, "side must be b or s");
  if (type !== "m" && type !== "l") return wrong(`${field}[4]`, "type must be m or l");
  if (typeof tradeId !== "number" || !Number.isSafeInteger(tradeId)) {
    return wrong(`${field}[6]`, "trade id must be a whole number");
  }
  return ok({
    price,
    quantity,
    time: Math.floor(seconds * 1_000),
    side: side === "b" ? "buy" : "sell",
    type: type === "m" ? "market" : "limit",
    tradeId,
  });
}

/** The last second that a JavaScript date can hold. */
const LATEST_SECONDS = 8_640_000_000_000;

const isPositiveDecimal = (value: unknown): value is DecimalText =>
  typeof value === "string" && DECIMAL_PATTERN.test(value) && Number(value) > 0;
