/**
 * Reads a recording to be replayed: Kraken's REST `Trades` answer as it is, NDJSON, or CSV. Total and
 * pure: a wrong file is refused whole, with the line or the field, and nothing of it is played.
 */
import type { RecordedTick } from "../../contract/paper.ts";
import { INSTRUMENT_ID_PATTERN } from "../../domain/instrument.ts";
import { err, ok } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import { parseRestTrades } from "../kraken/parse.ts";
import { gridOf, lotsOf, ticksOf } from "./grid.ts";
import { paperInstrument } from "./instruments.ts";

/** What is wrong with a recording, and where. `line` counts from 1; `message` says both by itself. */
export interface RecordingError {
  line: number | null;
  field: string | null;
  message: string;
}

/** Ticks of one recording: a day of a busy exchange; more would not fit the exchange's memory well. */
export const RECORDED_TICKS_MAX = 1_000_000;

const FIELDS = ["instrument", "time", "price", "quantity"] as const;
const CSV_HEADER = FIELDS.join(",");
/** One field more, which not every tick has. */
const EXTRA = "openInterest";
const CSV_HEADER_WITH_EXTRA = `${CSV_HEADER},${EXTRA}`;

type Where = { line: number | null; field: string | null };
type Parsed = Result<RecordedTick[], RecordingError>;

function wrong({ line, field }: Where, message: string): { ok: false; error: RecordingError } {
  const place = line === null ? field : `line ${line}`;
  return err({ line, field, message: place === null ? message : `${place}: ${message}` });
}

/**
 * The ticks of a recording, in order of time. The format is told by the file's name: `.csv`, `.ndjson`
 * or `.jsonl`, `.json` for Kraken's answer; any other name by how the text begins.
 */
export function parseRecording(fileName: string, text: string): Parsed {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const parsed = PARSERS[formatOf(fileName, body)](body);
  if (!parsed.ok) return parsed;
  if (parsed.value.length === 0) {
    return wrong({ line: null, field: null }, "the recording holds no ticks");
  }
  return parsed;
}

type Format = "kraken" | "ndjson" | "csv";

const PARSERS: Record<Format, (text: string) => Parsed> = {
  kraken: parseKraken,
  ndjson: parseNdjson,
  csv: parseCsv,
};

function formatOf(fileName: string, text: string): Format {
  const extension = /\.([a-z]+)$/.exec(fileName.toLowerCase())?.[1];
  if (extension === "csv") return "csv";
  if (extension === "ndjson" || extension === "jsonl") return "ndjson";
  if (extension === "json") return "kraken";
  const start = text.trimStart();
  if (!start.startsWith("{")) return "csv";
  return /^\{\s*"(?:error|result)"/.test(start) ? "kraken" : "ndjson";
}

function parseKraken(text: string): Parsed {
  const parsed = parseRestTrades(text);
  if (!parsed.ok) {
    const { field, message } = parsed.error;
    return wrong({ line: field === null ? lineOfJsonError(text, message) : null, field }, message);
  }
  const { instrument, trades } = parsed.value;
  const recording = new Recording();
  for (const [index, { time, price, quantity }] of trades.entries()) {
    const tick = { instrument, time, price: Number(price), quantity: Number(quantity) };
    const added = recording.add(tick, { line: null, field: `trade ${index + 1}` });
    if (!added.ok) return added;
  }
  return ok(recording.ticks);
}

/** Where JSON breaks off, as far as the engine's own message tells. */
function lineOfJsonError(text: string, message: string): number | null {
  if (message.includes("end of JSON")) return text.trimEnd().split("\n").length;
  const position = /position (\d+)/.exec(message)?.[1];
  return position === undefined ? null : text.slice(0, Number(position)).split("\n").length;
}

function parseNdjson(text: string): Parsed {
  const recording = new Recording();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = { line: index + 1, field: null };
    const tick = readJsonLine(line, where);
    if (!tick.ok) return tick;
    const added = recording.add(tick.value, where);
    if (!added.ok) return added;
  }
  return ok(recording.ticks);
}

function readJsonLine(line: string, where: Where): Result<RecordedTick, RecordingError> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return wrong(where, "not JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return wrong(where, `must be an object with ${FIELDS.join(", ")}`);
  }
  const row = json as Record<string, unknown>;
  const surplus = Object.keys(row).find((name) => ![...FIELDS, EXTRA].includes(name));
  if (surplus !== undefined)
    return wrong({ ...where, field: surplus }, `${surplus} is not a field`);
  const { instrument } = row;
  if (typeof instrument !== "string") {
    return wrong({ ...where, field: "instrument" }, "instrument must be a text");
  }
  for (const field of ["time", "price", "quantity"] as const) {
    if (typeof row[field] !== "number") {
      return wrong({ ...where, field }, `${field} must be a number`);
    }
  }
  const { time, price, quantity } = row as Record<"time" | "price" | "quantity", number>;
  const tick = { instrument, time, price, quantity };
  const openInterest = row[EXTRA];
  if (openInterest === undefined) return ok(tick);
  if (typeof openInterest !== "number")
    return wrong({ ...where, field: EXTRA }, `${EXTRA} must be a number, or left out`);
  return ok({ ...tick, openInterest });
}

function parseCsv(text: string): Parsed {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const header = lines[0]?.trim();
  if (header !== CSV_HEADER && header !== CSV_HEADER_WITH_EXTRA) {
    return wrong(
      { line: 1, field: null },
      `must be the header ${CSV_HEADER}, with ,${EXTRA} at its end or not`,
    );
  }
  const fields = header.split(",");
  const recording = new Recording();
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const where = { line: index + 1, field: null };
    const tick = readCsvLine(line, fields, where);
    if (!tick.ok) return tick;
    const added = recording.add(tick.value, where);
    if (!added.ok) return added;
  }
  return ok(recording.ticks);
}

function readCsvLine(
  line: string,
  fields: readonly string[],
  where: Where,
): Result<RecordedTick, RecordingError> {
  const cells = line.split(",").map((cell) => cell.trim());
  if (cells.length !== fields.length) {
    return wrong(where, `has ${cells.length} fields, not ${fields.length}`);
  }
  const [instrument = "", ...numbers] = cells;
  // Not every tick has the extra one.
  if (numbers.length === FIELDS.length && numbers.at(-1) === "") numbers.pop();
  for (const [index, cell] of numbers.entries()) {
    const field = fields[index + 1] ?? null;
    if (!/^-?\d{1,20}(?:\.\d{1,20})?$/.test(cell)) {
      return wrong(
        { ...where, field },
        `${field} must be a plain number, not "${cell.slice(0, 40)}"`,
      );
    }
  }
  const [time = 0, price = 0, quantity = 0, openInterest] = numbers.map(Number);
  const tick = { instrument, time, price, quantity };
  return ok(openInterest === undefined ? tick : { ...tick, openInterest });
}

/** Gathers ticks and checks each against its instrument's listing and the tick before. */
class Recording {
  readonly ticks: RecordedTick[] = [];

  add(tick: RecordedTick, where: Where): Result<null, RecordingError> {
    const problem = tickProblem(tick) ?? this.#orderProblem(tick);
    if (problem) return wrong({ ...where, field: where.field ?? problem.field }, problem.message);
    this.ticks.push(tick);
    return ok(null);
  }

  #orderProblem({ time }: RecordedTick): TickProblem | null {
    if (this.ticks.length >= RECORDED_TICKS_MAX) {
      return { field: "time", message: `a recording holds at most ${RECORDED_TICKS_MAX} ticks` };
    }
    const before = this.ticks.at(-1)?.time ?? 0;
    if (time >= before) return null;
    return { field: "time", message: `time ${time} is before the tick above it (${before})` };
  }
}

export interface TickProblem {
  field: keyof RecordedTick;
  message: string;
}

/** Why a tick cannot be played on this exchange, or null. */
export function tickProblem({
  instrument,
  time,
  price,
  quantity,
  openInterest = 0,
}: RecordedTick): TickProblem | null {
  if (!INSTRUMENT_ID_PATTERN.test(instrument)) {
    return { field: "instrument", message: "instrument must be EXCHANGE:SYMBOL, e.g. NSE:INFY" };
  }
  const listing = paperInstrument(instrument);
  if (!listing) return { field: "instrument", message: `the paper market has no ${instrument}` };
  if (!Number.isSafeInteger(time) || time <= 0) {
    return { field: "time", message: "time must be whole milliseconds since 1970" };
  }
  for (const [field, value] of [
    ["price", price],
    ["quantity", quantity],
  ] as const) {
    if (!(value > 0) || !Number.isFinite(value))
      return { field, message: `${field} must be above 0` };
  }
  if (!(openInterest >= 0) || !Number.isFinite(openInterest))
    return { field: EXTRA, message: `${EXTRA} must not be below 0` };
  const grid = gridOf(listing);
  if (ticksOf(grid, price) === null) {
    const step = listing.tickSize;
    return {
      field: "price",
      message: `price ${price} is not a multiple of ${step} (${instrument})`,
    };
  }
  if (lotsOf(grid, quantity) === null) {
    const step = listing.lotSize;
    const message = `quantity ${quantity} is not a multiple of ${step} (${instrument})`;
    return { field: "quantity", message };
  }
  return null;
}
