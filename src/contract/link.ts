/**
 * Frames from a shard to a market: text, a line for each thing, so that a tick is written once and read
 * by cutting, never by parsing. A line that starts with a digit is a tick:
 * `alias,last,lastQuantity,bid,bidQuantity,ask,askQuantity,volume,exchangeTime,receivedTime,epoch,seq,late,provider`,
 * where what follows the alias is ready to stand in a JSON array. Where the provider gives the open interest, it is
 * one more number at the end: the provider is text, so that a number there is no other. A tick with levels of its book starts with
 * `D` and ends with them, as `{"bids":[[price,quantity],…],"asks":[…]}`. A late tick starts with `L`: it is
 * told in the order of its number, and is the last of nothing. The others start with a letter too.
 */
import { z } from "zod";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Depth, MarketUpdate } from "../domain/tick.ts";
import { type LinkBars, readBars } from "./link-bars.ts";
import { candleView, type TickView } from "./market.ts";

const gap = z.object({
  instruments: z.array(z.string()),
  /** ms since 1970: the last data before, and the first confirmation after. */
  from: z.number(),
  to: z.number(),
  reason: z.string(),
  /** Told again once the broker's history was asked: whether it gave that time. */
  filled: z.boolean().optional(),
  /** What it gave: single trades, which were told as late ticks before this, or bars alone. */
  filledWith: z.enum(["ticks", "bars"]).optional(),
  /** How many late ticks of it were told. */
  lateTicks: z.number().int().nonnegative().optional(),
  /** Of the one instrument, when it was filled. */
  candles: z.array(candleView).optional(),
  /** Only the link was broken: ticks were lost on it, and the shard's bars are whole. */
  isLinkOnly: z.literal(true).optional(),
});

export type LinkGap = z.infer<typeof gap>;

const status = z.object({
  subject: z.enum(["instrument", "feed"]),
  state: z.enum(["live", "alarm", "stale", "connected", "disconnected"]),
  instruments: z.array(z.string()),
  message: z.string(),
});

export type LinkStatus = z.infer<typeof status>;

/** All ticks of a frame that begins with this line are last known ones, not new ones. */
export const SNAPSHOT_LINE = "H";

export const aliasLine = (alias: number, instrument: InstrumentId): string =>
  `A${alias},${instrument}`;

export const gapLine = (value: LinkGap): string => `G${JSON.stringify(value)}`;

export const statusLine = (value: LinkStatus): string => `S${JSON.stringify(value)}`;

/** From a market that was evicted: its shard is to tell again what it told when the link was opened. */
export const AGAIN_LINE = "I";

/** Answered with the same line once everything before it has been read. */
export const markerLine = (marker: string): string => `M${marker}`;

/** Who saw an update, when, and as which number. */
export interface TickStamp {
  /** As JSON text, quotes included; without a comma. */
  providerJson: string;
  receivedTime: number;
  epoch: number;
  seq: number;
  late: boolean;
}

/** What follows the alias in a tick's line. Every number must be finite. */
export function tickFields(u: MarketUpdate, stamp: TickStamp): string {
  const fields = `${u.last},${u.lastQuantity},${u.bid},${u.bidQuantity},${u.ask},${u.askQuantity},${u.volume},${u.exchangeTime},${stamp.receivedTime},${stamp.epoch},${stamp.seq},${stamp.late ? 1 : 0},${stamp.providerJson}`;
  return u.openInterest === undefined ? fields : `${fields},${u.openInterest}`;
}

/** Levels of a book as text; every number must be finite. It starts with `DEPTH_START`. */
export function depthText({ bids, asks }: Depth): string {
  return `{"bids":[${levelsText(bids)}],"asks":[${levelsText(asks)}]}`;
}

const levelsText = (levels: Depth["bids"]): string =>
  levels.map(([price, quantity]) => `[${price},${quantity}]`).join(",");

const DEPTH_START = ',{"bids":';

/** A tick's line. `depth` as `depthText` made it, or null for a tick without levels. */
export const tickLine = (alias: number, fields: string, depth: string | null): string =>
  depth === null ? `${alias},${fields}` : `D${alias},${fields},${depth}`;

/** The line of a late tick: the same for every mode, for nobody knows the book that it met. */
export const lateTickLine = (alias: number, fields: string): string => `L${alias},${fields}`;

/** The fields of a tick for who wants the last price alone: those of the book are null. */
export function ltpFields(fields: string): string {
  const book = fields.indexOf(",", fields.indexOf(",") + 1);
  let end = book;
  for (let count = 0; count < 4; count += 1) end = fields.indexOf(",", end + 1);
  return `${fields.slice(0, book)},null,null,null,null${fields.slice(end)}`;
}

/** The same of a tick that came another way. */
export const fieldsOfTick = (tick: TickView): string =>
  tickFields(tick, { ...tick, providerJson: JSON.stringify(tick.provider) });

/** What a frame's reader is told, line by line and in order. */
export interface LinkReader {
  alias(alias: number, instrument: InstrumentId): void;
  /** `fields` as `tickFields` made them; `depth` as `depthText` did, null without levels. */
  tick(alias: number, fields: string, isSnapshot: boolean, depth: string | null): void;
  lateTick(alias: number, fields: string): void;
  gap(value: LinkGap): void;
  status(value: LinkStatus): void;
  bars(value: LinkBars): void;
  /** To be answered with `markerLine(marker)`. */
  marker(marker: string): void;
  /** A line that could not be read. */
  unreadable(line: string): void;
}

const DIGIT_0 = 48;
const DIGIT_9 = 57;
const LETTER_D = 68;
const QUOTE = 34;

/** Reads a frame. Total: what cannot be read is told as such, and the rest of the frame stands. */
export function readLinkFrame(text: string, reader: LinkReader): void {
  let isSnapshot = false;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const code = text.charCodeAt(start);
    const comma = code >= DIGIT_0 && code <= DIGIT_9 ? text.indexOf(",", start) : -1;
    if (comma > 0 && comma < end) {
      reader.tick(Number(text.slice(start, comma)), text.slice(comma + 1, end), isSnapshot, null);
    } else if (end > start) {
      const line = text.slice(start, end);
      if (line === SNAPSHOT_LINE) isSnapshot = true;
      else if (code === LETTER_D) readDepthLine(line, reader, isSnapshot);
      else readControlLine(line, reader);
    }
    start = end + 1;
  }
}

function readDepthLine(line: string, reader: LinkReader, isSnapshot: boolean): void {
  const comma = line.indexOf(",");
  const alias = Number(line.slice(1, comma));
  const depth = line.indexOf(DEPTH_START, comma);
  if (comma < 2 || depth < 0 || !Number.isSafeInteger(alias)) return reader.unreadable(line);
  reader.tick(alias, line.slice(comma + 1, depth), isSnapshot, line.slice(depth + 1));
}

function readControlLine(line: string, reader: LinkReader): void {
  const kind = line[0];
  const body = line.slice(1);
  if (kind === "A" || kind === "L") {
    const comma = body.indexOf(",");
    const alias = Number(body.slice(0, comma));
    const isRead = comma > 0 && Number.isSafeInteger(alias);
    if (isRead && kind === "A") return reader.alias(alias, body.slice(comma + 1));
    if (isRead) return reader.lateTick(alias, body.slice(comma + 1));
  } else if (kind === "G") {
    const read = gap.safeParse(parseJson(body));
    if (read.success) return reader.gap(read.data);
  } else if (kind === "S") {
    const read = status.safeParse(parseJson(body));
    if (read.success) return reader.status(read.data);
  } else if (kind === "B") {
    const read = readBars(parseJson(body));
    if (read) return reader.bars(read);
  }
  if (kind === "M") reader.marker(body);
  else reader.unreadable(line);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `seq` of a tick by its fields: the third from the provider, which is text and the last but for open interest. */
export function seqOfFields(fields: string): number {
  let provider = fields.lastIndexOf(",");
  if (fields.charCodeAt(fields.length - 1) !== QUOTE)
    provider = fields.lastIndexOf(",", provider - 1);
  const late = fields.lastIndexOf(",", provider - 1);
  return Number(fields.slice(fields.lastIndexOf(",", late - 1) + 1, late));
}

/** A row of a compact frame; open interest and levels of the book are its last elements, where there are any. */
export const compactRow = (alias: number, fields: string, depth: string | null = null): string =>
  depth === null ? `[${alias},${fields}]` : `[${alias},${fields},${depth}]`;

/** A tick of a plain frame, as JSON text. `instrumentJson` is the id with its quotes. */
export function plainRow(
  instrumentJson: string,
  fields: string,
  depth: string | null = null,
): string {
  const f = fields.split(",");
  const openInterest = f[13] === undefined ? "" : `,"openInterest":${f[13]}`;
  return `{"instrument":${instrumentJson},"last":${f[0]},"lastQuantity":${f[1]},"bid":${f[2]},"bidQuantity":${f[3]},"ask":${f[4]},"askQuantity":${f[5]},"volume":${f[6]},"exchangeTime":${f[7]},"receivedTime":${f[8]},"epoch":${f[9]},"seq":${f[10]},"late":${f[11] === "1"},"provider":${f[12]}${openInterest}${depth === null ? "" : `,"depth":${depth}`}}`;
}

/** When a tick was received, by its fields: the ninth. */
export const receivedTimeOfFields = (fields: string): number => Number(fields.split(",")[8]);
