/**
 * Reads the exchange's bars: Kraken's REST `OHLC` answer as it is, or NDJSON or CSV of our candle shape.
 * A wrong file is refused whole, with the line or the field.
 */
import { parseRestBars } from "../../src/brokers/kraken/bars.ts";
import { CANDLE_INTERVAL_MS, type CandleInterval } from "../../src/domain/candle.ts";
import { err, ok, type Result } from "../../src/domain/result.ts";

export interface TheirBar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Null where it is not given. */
  count: number | null;
  /** As it stood before its end: what came later is not in it. */
  isUnderWay: boolean;
}

export interface TheirBars {
  /** Null where the file does not name it. */
  instrument: string | null;
  bars: TheirBar[];
}

type Parsed<T> = Result<T, string>;

const FIELDS = ["time", "open", "high", "low", "close", "volume"] as const;
const HEADERS = [FIELDS.join(","), `${FIELDS.join(",")},count`];

/** The format is told by the file's name: `.csv`, `.ndjson` or `.jsonl`; any other is Kraken's answer. */
export function parseBars(
  fileName: string,
  text: string,
  interval: CandleInterval,
): Parsed<TheirBars> {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const parsed = PARSERS[formatOf(fileName)](body);
  if (!parsed.ok) return parsed;
  if (parsed.value.bars.length === 0) return err("the file holds no bars");
  const problem = orderProblem(parsed.value.bars, interval);
  return problem === null ? parsed : err(problem);
}

const PARSERS = { kraken: parseKraken, ndjson: parseNdjson, csv: parseCsv };

function formatOf(fileName: string): keyof typeof PARSERS {
  const extension = /\.([a-z]+)$/.exec(fileName.toLowerCase())?.[1];
  if (extension === "csv") return "csv";
  return extension === "ndjson" || extension === "jsonl" ? "ndjson" : "kraken";
}

function parseKraken(text: string): Parsed<TheirBars> {
  const parsed = parseRestBars(text);
  if (!parsed.ok) {
    const { field, message } = parsed.error;
    return err(field === null || field === "" ? message : `${field}: ${message}`);
  }
  const { instrument, bars } = parsed.value;
  const last = bars.length - 1;
  return ok({
    instrument,
    bars: bars.map(({ vwap: _vwap, ...bar }, index) => ({ ...bar, isUnderWay: index === last })),
  });
}

function parseNdjson(text: string): Parsed<TheirBars> {
  const bars: TheirBar[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      return err(`line ${index + 1}: not JSON`);
    }
    if (typeof row !== "object" || row === null || Array.isArray(row))
      return err(`line ${index + 1}: must be an object with ${FIELDS.join(", ")}`);
    const bar = barOf(row as Record<string, unknown>, index + 1);
    if (!bar.ok) return bar;
    bars.push(bar.value);
  }
  return ok({ instrument: null, bars });
}

function parseCsv(text: string): Parsed<TheirBars> {
  const lines = text.split("\n").map((line) => line.trim());
  const header = lines[0] ?? "";
  if (!HEADERS.includes(header)) return err(`line 1: must be the header ${HEADERS.join(" or ")}`);
  const names = header.split(",");
  const bars: TheirBar[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === "") continue;
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== names.length)
      return err(`line ${index + 1}: has ${cells.length} fields, not ${names.length}`);
    const values = cells.map((cell) => (cell === "" ? Number.NaN : Number(cell)));
    const row = Object.fromEntries(names.map((name, column) => [name, values[column]]));
    const bar = barOf(row, index + 1);
    if (!bar.ok) return bar;
    bars.push(bar.value);
  }
  return ok({ instrument: null, bars });
}

/** Fields that a candle has besides, such as its mark, are left alone. */
function barOf(row: Record<string, unknown>, line: number): Parsed<TheirBar> {
  const numbers: number[] = [];
  for (const field of FIELDS) {
    const value = row[field];
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
      return err(`line ${line}: ${field} must be a number not below 0`);
    numbers.push(value);
  }
  const [time = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = numbers;
  const { count = null } = row;
  if (count !== null && (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0))
    return err(`line ${line}: count must be a whole number`);
  return ok({ time, open, high, low, close, volume, count, isUnderWay: false });
}

function orderProblem(bars: readonly TheirBar[], interval: CandleInterval): string | null {
  let before = -1;
  for (const [index, { time }] of bars.entries()) {
    if (time % CANDLE_INTERVAL_MS[interval] !== 0)
      return `bar ${index + 1}: time ${time} is no start of a bar of ${interval}`;
    if (time <= before) return `bar ${index + 1}: time ${time} is not after the bar above it`;
    before = time;
  }
  return null;
}
