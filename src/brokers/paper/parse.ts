/** Reads what the paper exchange sends. Total: whatever arrives is a message or a failure, never an exception. */
import type { z } from "zod";
import type { Execution } from "../../domain/order.ts";
import { err, ok } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import type { BookLevel, BookMessage } from "../../domain/order-book/message.ts";
import type { MarketUpdate } from "../../domain/tick.ts";
import type { FeedMessage, OrderStreamMessage, ParseFailure } from "../broker.ts";
import { PAPER_QUANTITY_ROWS } from "./rules.ts";
import { type bookRow, booksFrame, feedNotice, orderStreamFrame, TICK_ROW_LENGTH } from "./wire.ts";
import type { ExecutionRow, FeedNotice, OrderStreamEvent } from "./wire.ts";

/** Characters of a bad frame that are kept for the log. */
const SAMPLE_LENGTH = 120;

const failure = (
  kind: ParseFailure["kind"],
  reason: string,
  data: string | ArrayBuffer,
): ParseFailure => ({
  kind,
  reason,
  sample: typeof data === "string" ? data.slice(0, SAMPLE_LENGTH) : `${data.byteLength} bytes`,
});

function parseJson(data: string | ArrayBuffer): Result<unknown, ParseFailure> {
  if (typeof data !== "string")
    return err(failure("binary", "a binary frame where text is due", data));
  try {
    return ok(JSON.parse(data) as unknown);
  } catch {
    return err(failure(isBrokenOff(data) ? "truncated" : "malformed", "not JSON", data));
  }
}

/** It begins as a frame does, and does not end as one. */
const isBrokenOff = (text: string): boolean => /^\s*\{/.test(text) && !/\}\s*$/.test(text);

/** Checks an answer or a frame against its schema; the failure names the first wrong field. */
export function parseAs<T extends z.ZodType>(
  schema: T,
  data: string | ArrayBuffer,
): Result<z.output<T>, ParseFailure> {
  const json = parseJson(data);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return err(
    failure(
      "unknown_shape",
      `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`,
      data,
    ),
  );
}

const isNumberOrNull = (value: unknown): value is number | null =>
  value === null || (typeof value === "number" && Number.isFinite(value));

/** One tick row. By hand, not by schema: this runs 20,000 times a second. */
function parseRow(row: unknown): MarketUpdate | null {
  if (!Array.isArray(row) || typeof row[0] !== "string") return null;
  const hasOpenInterest = row.length === TICK_ROW_LENGTH + 1;
  if (row.length !== TICK_ROW_LENGTH && !hasOpenInterest) return null;
  for (let index = 1; index < TICK_ROW_LENGTH; index += 1) {
    if (!isNumberOrNull(row[index])) return null;
  }
  const [instrument, last, lastQuantity, bid, bidQuantity, ask, askQuantity, volume, exchangeTime] =
    row as [string, ...(number | null)[]];
  const update: MarketUpdate = {
    instrument,
    last: last ?? null,
    lastQuantity: lastQuantity ?? null,
    bid: bid ?? null,
    bidQuantity: bidQuantity ?? null,
    ask: ask ?? null,
    askQuantity: askQuantity ?? null,
    volume: volume ?? null,
    exchangeTime: exchangeTime ?? null,
  };
  if (!hasOpenInterest) return update;
  const openInterest: unknown = row[TICK_ROW_LENGTH];
  if (typeof openInterest !== "number" || !Number.isFinite(openInterest)) return null;
  update.openInterest = openInterest;
  return update;
}

/** A frame of the data socket. One bad tick condemns its frame: half a frame is not to be trusted. */
export function parseFeedFrame(data: string | ArrayBuffer): Result<FeedMessage, ParseFailure> {
  const json = parseJson(data);
  if (!json.ok) return json;
  const frame = json.value as { type?: unknown; ticks?: unknown } | null;
  if (frame?.type === "ticks") {
    if (!Array.isArray(frame.ticks))
      return err(failure("unknown_shape", "ticks: must be an array", data));
    const updates: MarketUpdate[] = [];
    for (const row of frame.ticks) {
      const update = parseRow(row);
      if (!update)
        return err(failure("unknown_shape", `ticks.${updates.length}: not a tick`, data));
      updates.push(update);
    }
    return ok({ kind: "updates", updates });
  }
  if (frame?.type === "books") {
    const books = booksFrame.safeParse(frame);
    if (!books.success) return err(failure("unknown_shape", "books: not order books", data));
    return ok({ kind: "books", books: books.data.books.map(bookMessage) });
  }
  const notice = feedNotice.safeParse(frame);
  if (!notice.success) return err(failure("unknown_shape", "a frame of no known type", data));
  const value = notice.data;
  switch (value.type) {
    case "subscribed":
      return ok({ kind: "subscribed", instruments: value.instruments });
    case "unsubscribed":
      return ok({ kind: "unsubscribed", instruments: value.instruments });
    case "refused":
      return ok({ kind: "refused", ...refusal(value) });
    case "heartbeat":
      return ok({
        kind: "heartbeat",
        time: value.time,
        speed: value.speed,
        isSet: value.isSet,
      });
    case "session_expired":
      return ok({ kind: "session_expired", reason: value.reason });
  }
}

const movesQuantity = ({ type }: ExecutionRow): boolean => PAPER_QUANTITY_ROWS.includes(type);

const levelOf = ([priceText, quantityText]: [string, string]): BookLevel => ({
  price: Number(priceText),
  quantity: Number(quantityText),
  priceText,
  quantityText,
});

const bookMessage = ({ seq, bids, asks, time, ...row }: z.output<typeof bookRow>): BookMessage => ({
  ...row,
  bids: bids.map(levelOf),
  asks: asks.map(levelOf),
  first: seq,
  last: seq,
  exchangeTime: time,
});

const refusal = ({ instruments, reason, limit }: Extract<FeedNotice, { type: "refused" }>) =>
  limit === undefined ? { instruments, reason } : { instruments, reason, limit };

/** The exchange's execution in our words. */
function executionOf(row: ExecutionRow, account: string): Execution {
  const { type: _, ...execution } = row;
  return { ...execution, account };
}

/** Of the exchange's list, what moves a position; a kind of row that nobody has allowed does not. */
export const executionsOf = (rows: readonly ExecutionRow[], account: string): Execution[] =>
  rows.filter(movesQuantity).map((row) => executionOf(row, account));

/** A frame of the order-update socket. */
export function parseOrderStreamFrame(
  data: string | ArrayBuffer,
  account: string,
): Result<OrderStreamMessage, ParseFailure> {
  const parsed = parseAs(orderStreamFrame, data);
  if (!parsed.ok) return parsed;
  const frame = parsed.value;
  if (frame.type === "heartbeat") return ok({ kind: "heartbeat", time: frame.time });
  if (frame.type === "ready") return ok({ kind: "ready" });
  if (frame.type === "session_expired")
    return ok({ kind: "session_expired", reason: frame.reason });
  const { eventId, clientOrderId, brokerOrderId, at } = frame;
  // News of money alone is none of an order's; that the line lives is all that it says here.
  if (frame.event.kind === "filled" && !movesQuantity(frame.event.execution))
    return ok({ kind: "heartbeat" });
  const event = eventOf(frame.event, brokerOrderId, account);
  return ok({ kind: "order_event", clientOrderId, brokerOrderId, eventId, event, at });
}

type StreamEvent = Extract<OrderStreamMessage, { kind: "order_event" }>["event"];

function eventOf(event: OrderStreamEvent, brokerOrderId: string, account: string): StreamEvent {
  switch (event.kind) {
    case "accepted":
      return { kind: "accepted", brokerOrderId, pendingTrigger: event.pendingTrigger };
    case "filled":
      return { kind: "filled", execution: executionOf(event.execution, account) };
    case "replaced": {
      const { quantity, limitPrice, stopPrice } = event;
      return { kind: "replaced", changes: { quantity, limitPrice, stopPrice } };
    }
    case "triggered":
    case "canceled":
    case "expired":
      return event;
  }
}
