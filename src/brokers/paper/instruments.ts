/** The instruments that the simulated exchange lists, each with the grid, currency and hours of its real namesake. */
import { splitInstrumentId } from "../../domain/instrument.ts";
import type { Instrument, InstrumentKind } from "../../domain/instrument.ts";

/** An instrument as the paper broker lists it: `startPrice` is what its seeded prices move around. */
export interface PaperInstrument extends Instrument {
  startPrice: number;
}

/** One listing: symbol, start price and, for crypto, tick size and smallest order. */
const NSE_EQUITIES: readonly [string, number][] = [
  ["RELIANCE", 1480],
  ["TCS", 3050],
  ["HDFCBANK", 985],
  ["ICICIBANK", 1365],
  ["INFY", 1500],
  ["HINDUNILVR", 2420],
  ["ITC", 405],
  ["SBIN", 955],
  ["BHARTIARTL", 2090],
  ["KOTAKBANK", 2080],
  ["LT", 3950],
  ["AXISBANK", 1225],
  ["BAJFINANCE", 1020],
  ["ASIANPAINT", 2650],
  ["MARUTI", 15700],
  ["HCLTECH", 1590],
  ["SUNPHARMA", 1750],
  ["TITAN", 3810],
  ["ULTRACEMCO", 11850],
  ["WIPRO", 245],
  ["NESTLEIND", 1270],
  ["ONGC", 250],
  ["NTPC", 330],
  ["POWERGRID", 270],
  ["M&M", 3690],
  ["TATASTEEL", 175],
  ["JSWSTEEL", 1170],
  ["ADANIENT", 2400],
  ["ADANIPORTS", 1500],
  ["COALINDIA", 380],
  ["BAJAJFINSV", 2070],
  ["BAJAJ-AUTO", 8900],
  ["HEROMOTOCO", 5600],
  ["EICHERMOT", 6850],
  ["GRASIM", 2760],
  ["HINDALCO", 800],
  ["TECHM", 1440],
  ["DRREDDY", 1240],
  ["CIPLA", 1520],
  ["APOLLOHOSP", 7450],
  ["BRITANNIA", 5850],
  ["INDUSINDBK", 840],
  ["SBILIFE", 2010],
  ["HDFCLIFE", 765],
  ["TATACONSUM", 1170],
  ["SHRIRAMFIN", 820],
  ["BEL", 415],
  ["TRENT", 4400],
];

/** Futures of the near month, which the exchange rolls by itself: symbol, start price, lot. Quantities count units, not lots. */
const NFO_FUTURES: readonly [string, number, string][] = [
  ["NIFTY-I", 25_560, "75"],
  ["BANKNIFTY-I", 58_400, "35"],
  ["RELIANCE-I", 1_484, "500"],
  ["INFY-I", 1_503.5, "400"],
];

const NASDAQ_EQUITIES: readonly [string, number][] = [
  ["AAPL", 268],
  ["MSFT", 505],
  ["NVDA", 187],
  ["AMZN", 232],
  ["GOOGL", 285],
  ["META", 609],
  ["TSLA", 404],
  ["AVGO", 342],
  ["COST", 922],
  ["NFLX", 1110],
  ["AMD", 247],
  ["ADBE", 331],
  ["PEP", 145],
  ["CSCO", 78],
  ["INTC", 38],
  ["QCOM", 173],
  ["TXN", 161],
  ["AMGN", 336],
  ["INTU", 650],
  ["BKNG", 5050],
  ["GILD", 124],
  ["MU", 243],
  ["SBUX", 86],
  ["PYPL", 64],
  ["ADP", 252],
];

const NYSE_EQUITIES: readonly [string, number][] = [
  ["JPM", 315],
  ["V", 336],
  ["MA", 546],
  ["JNJ", 195],
  ["WMT", 103],
  ["PG", 147],
  ["XOM", 119],
  ["CVX", 156],
  ["HD", 371],
  ["KO", 71],
  ["MCD", 306],
  ["DIS", 115],
  ["BAC", 53],
  ["GS", 800],
  ["MS", 165],
  ["CAT", 573],
  ["BA", 195],
  ["GE", 305],
  ["IBM", 313],
  ["UNH", 326],
  ["PFE", 25],
  ["MRK", 92],
  ["T", 25],
  ["VZ", 41],
  ["NKE", 64],
];

/** Kraken pairs: symbol, start price, tick size, smallest quantity. Lots have eight decimals, as on the real exchange. */
const KRAKEN_PAIRS: readonly [string, number, string, string][] = [
  ["XBT/USDT", 105400, "0.1", "0.00005"],
  ["BTC/USD", 105400, "0.1", "0.00005"],
  ["ETH/USD", 3560, "0.01", "0.001"],
  ["ETH/USDT", 3560, "0.01", "0.001"],
  ["SOL/USD", 166, "0.01", "0.02"],
  ["SOL/USDT", 166, "0.01", "0.02"],
  ["XRP/USD", 2.45, "0.00001", "1.65"],
  ["XRP/USDT", 2.45, "0.00001", "1.65"],
  ["ADA/USD", 0.59, "0.000001", "4.4"],
  ["DOGE/USD", 0.18, "0.0000001", "13"],
  ["DOT/USD", 3.2, "0.0001", "0.75"],
  ["LTC/USD", 104, "0.01", "0.05"],
  ["BCH/USD", 510, "0.01", "0.01"],
  ["LINK/USD", 16, "0.00001", "0.2"],
  ["AVAX/USD", 18, "0.01", "0.1"],
  ["ATOM/USD", 3, "0.0001", "0.5"],
  ["UNI/USD", 8.6, "0.001", "0.3"],
  ["AAVE/USD", 220, "0.01", "0.02"],
  ["TRX/USD", 0.3, "0.000001", "20"],
  ["XLM/USD", 0.29, "0.000001", "15"],
  ["ALGO/USD", 0.18, "0.00001", "25"],
  ["NEAR/USD", 2.9, "0.001", "2"],
  ["FIL/USD", 2.3, "0.001", "2"],
  ["XMR/USD", 405, "0.01", "0.02"],
];

const listing = (
  id: string,
  kind: InstrumentKind,
  startPrice: number,
  terms: Pick<
    PaperInstrument,
    "currency" | "tickSize" | "lotSize" | "minQuantity" | "maxQuantity" | "calendar"
  >,
): PaperInstrument => {
  const { exchange, symbol } = splitInstrumentId(id);
  return {
    id,
    exchange,
    symbol,
    name: symbol,
    kind,
    tradable: kind !== "index",
    startPrice,
    ...terms,
  };
};

const NSE_TERMS = {
  currency: "INR",
  tickSize: "0.05",
  lotSize: "1",
  minQuantity: "1",
  maxQuantity: "1000000",
  calendar: "NSE",
};

const US_TERMS = {
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  minQuantity: "1",
  maxQuantity: "1000000",
  calendar: "US",
};

const krakenPair = ([symbol, price, tickSize, minQuantity]: (typeof KRAKEN_PAIRS)[number]) =>
  listing(`KRAKEN:${symbol}`, "crypto", price, {
    currency: symbol.slice(symbol.indexOf("/") + 1),
    tickSize,
    lotSize: "0.00000001",
    minQuantity,
    maxQuantity: "1000000",
    calendar: "always",
  });

/** Every instrument of the paper broker: Indian, US, and crypto, futures, and one index that can only be watched. */
export const PAPER_INSTRUMENTS: readonly PaperInstrument[] = [
  ...NSE_EQUITIES.map(([symbol, price]) => listing(`NSE:${symbol}`, "equity", price, NSE_TERMS)),
  listing("NSE:NIFTY 50", "index", 25_500, NSE_TERMS),
  ...NASDAQ_EQUITIES.map(([symbol, price]) =>
    listing(`NASDAQ:${symbol}`, "equity", price, US_TERMS),
  ),
  ...NYSE_EQUITIES.map(([symbol, price]) => listing(`NYSE:${symbol}`, "equity", price, US_TERMS)),
  ...KRAKEN_PAIRS.map(krakenPair),
  ...NFO_FUTURES.map(([symbol, price, lotSize]) =>
    listing(`NFO:${symbol}`, "future", price, { ...NSE_TERMS, lotSize, minQuantity: lotSize }),
  ),
];

const byId = new Map(PAPER_INSTRUMENTS.map((instrument) => [instrument.id, instrument]));

/** The listing of an id, or null when the exchange does not know it. */
export const paperInstrument = (id: string): PaperInstrument | null => byId.get(id) ?? null;
