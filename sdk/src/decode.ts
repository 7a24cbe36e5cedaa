/**
 * Reads what the platform sends over the stream. Compact tick rows are checked by hand, because they
 * are the hot path; every other frame goes through the contract's schema. It never throws.
 */
import { depthView, type TickView } from "../../src/contract/market.ts";
import { streamMessage, type StreamMessage } from "../../src/contract/stream.ts";

/**
 * A tick as handlers get it. `snapshot`: the last known one, sent on subscribing, not a new trade. `late`: a
 * trade of a gap, told after it; newer ones were told before, and its price is none of now.
 */
export type Tick = TickView & { snapshot: boolean };

export type OtherMessage = Exclude<StreamMessage, { type: "t" | "ticks" }>;

/** Every request is answered by one of these, after the one before it. */
const ANSWERS: ReadonlySet<string> = new Set(["subscribed", "unsubscribed", "published", "error"]);

export const isAnswer = ({ type }: OtherMessage): boolean => ANSWERS.has(type);

export type Decoded =
  | { kind: "ticks"; epoch: number; seq: number; ticks: Tick[] }
  | { kind: "message"; message: OtherMessage }
  /** A frame of a newer platform or a damaged one; `fatal` when ticks may have been lost with it. */
  | { kind: "unreadable"; reason: string; ticksLost: boolean };

/** `aliases`: which instrument each number stands for on this socket. */
export function decodeFrame(text: string, aliases: ReadonlyMap<number, string>): Decoded {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return unreadable(`not JSON: ${text.slice(0, 80)}`, true);
  }
  if (isObject(frame) && frame["type"] === "t") return decodeCompact(frame, aliases);
  const parsed = streamMessage.safeParse(frame);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const type = isObject(frame) ? String(frame["type"]) : typeof frame;
    return unreadable(
      `frame of type ${type}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      type === "ticks",
    );
  }
  const message = parsed.data;
  if (message.type === "t") return unreadable("compact frame in a plain shape", true);
  if (message.type !== "ticks") return { kind: "message", message };
  const snapshot = message.snapshot === true;
  const ticks = message.ticks.map((tick) => ({ ...tick, snapshot }));
  return { kind: "ticks", epoch: message.epoch, seq: message.seq, ticks };
}

function decodeCompact(
  frame: Record<string, unknown>,
  aliases: ReadonlyMap<number, string>,
): Decoded {
  const { epoch, seq, t: rows } = frame;
  if (!isInteger(epoch) || !isInteger(seq) || !Array.isArray(rows)) {
    return unreadable("a tick frame without epoch, seq or rows", true);
  }
  const ticks: Tick[] = [];
  for (const row of rows as unknown[]) {
    const tick = decodeRow(row, aliases, frame["s"] === 1);
    if (typeof tick === "string") return unreadable(tick, true);
    ticks.push(tick);
  }
  return { kind: "ticks", epoch, seq, ticks };
}

/** Columns of a row, as the contract names them. */
const ROW_LENGTH = 14;

/** A string answer says what is wrong. */
function decodeRow(
  row: unknown,
  aliases: ReadonlyMap<number, string>,
  snapshot: boolean,
): Tick | string {
  if (!Array.isArray(row) || row.length < ROW_LENGTH) return "a tick row with too few columns";
  const cells = row as unknown[];
  const instrument = aliases.get(cells[0] as number);
  if (instrument === undefined) return `a tick row of unknown alias ${String(cells[0])}`;
  for (let column = 1; column <= 8; column += 1) {
    const cell = cells[column];
    if (cell !== null && typeof cell !== "number") return `a tick row with column ${column} wrong`;
  }
  const [receivedTime, epoch, seq, late, provider] = cells.slice(9, ROW_LENGTH);
  if (!isInteger(receivedTime) || !isInteger(epoch) || !isInteger(seq)) {
    return "a tick row without its time or seq";
  }
  if (typeof provider !== "string") return "a tick row without its provider";
  const openInterest = cells[ROW_LENGTH];
  const hasOpenInterest = typeof openInterest === "number";
  // Levels of the book: only who asked for them has this column.
  const book = cells[hasOpenInterest ? ROW_LENGTH + 1 : ROW_LENGTH];
  const levels = book === undefined ? null : depthView.safeParse(book);
  if (levels?.success === false) return "a tick row with levels that cannot be read";
  return {
    instrument,
    last: cells[1] as number | null,
    lastQuantity: cells[2] as number | null,
    bid: cells[3] as number | null,
    bidQuantity: cells[4] as number | null,
    ask: cells[5] as number | null,
    askQuantity: cells[6] as number | null,
    volume: cells[7] as number | null,
    exchangeTime: cells[8] as number | null,
    receivedTime,
    provider,
    epoch,
    seq,
    late: late === 1,
    snapshot,
    ...(hasOpenInterest && { openInterest }),
    ...(levels && { depth: levels.data }),
  };
}

const unreadable = (reason: string, ticksLost: boolean): Decoded => ({
  kind: "unreadable",
  reason,
  ticksLost,
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

export function withoutType<T extends { type: string }>(message: T): Omit<T, "type"> {
  const { type: _type, ...rest } = message;
  return rest;
}
