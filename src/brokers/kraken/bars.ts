/**
 * Reads Kraken's REST `OHLC` answer (https://docs.kraken.com/api/docs/rest-api/get-ohlc-data). Total and
 * pure. Its last row is the bar under way: it stands as it was when Kraken answered.
 */
import { err, ok, type Result } from "../../domain/result.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { type KrakenParseError, parsePairRows, wrong } from "./parse.ts";

export interface KrakenBar {
  /** ms since 1970. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  /** Average price by volume, rounded to the pair's price; 0 of a bar without a trade. */
  vwap: number;
  volume: number;
  /** Trades in it. */
  count: number;
}

export function parseRestBars(
  text: string,
): Result<{ instrument: InstrumentId; bars: KrakenBar[] }, KrakenParseError> {
  const answer = parsePairRows(text);
  if (!answer.ok) return answer;
  const { instrument, pair, rows } = answer.value;
  const bars: KrakenBar[] = [];
  for (const [index, row] of rows.entries()) {
    const bar = parseBar(row, `result.${pair}[${index}]`);
    if (!bar.ok) return bar;
    bars.push(bar.value);
  }
  return ok({ instrument, bars });
}

/** `[time, open, high, low, close, vwap, volume, count]`; all but time and count as text. */
function parseBar(row: unknown, field: string): Result<KrakenBar, KrakenParseError> {
  if (!Array.isArray(row) || row.length !== 8) return wrong(field, "must be a bar of eight fields");
  const [seconds, , , , , , , count] = row as unknown[];
  if (typeof seconds !== "number" || !Number.isSafeInteger(seconds) || seconds <= 0)
    return wrong(`${field}[0]`, "time must be whole seconds since 1970");
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
    return wrong(`${field}[7]`, "count must be a whole number");
  const numbers: number[] = [];
  for (const [index, cell] of (row as unknown[]).slice(1, 7).entries()) {
    const value = typeof cell === "string" && cell.trim() !== "" ? Number(cell) : Number.NaN;
    if (!Number.isFinite(value) || value < 0)
      return err({ field: `${field}[${index + 1}]`, message: "must be a decimal as text" });
    numbers.push(value);
  }
  const [open = 0, high = 0, low = 0, close = 0, vwap = 0, volume = 0] = numbers;
  return ok({ time: seconds * 1_000, open, high, low, close, vwap, volume, count });
}
