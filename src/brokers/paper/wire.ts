/**
 * The paper exchange's own wire format, shared by both of its ends and by nobody else. Decimals are
 * text; times are ms since 1970. Every schema here is also what the tests fuzz.
 */
import { z } from "zod";
import { ORDER_TYPES, SIDES, TIMES_IN_FORCE } from "../../domain/order.ts";
import {
  clientOrderId,
  decimalOutput,
  instrumentId,
  positiveDecimalInput,
  timestamp,
} from "../../contract/primitives.ts";
import { candleView, instrumentView } from "../../contract/market.ts";
import { PAPER_QUANTITY_ROWS } from "./rules.ts";

/**
 * One tick inside `{"type":"ticks","ticks":[…]}`, as an array because 20,000 of them go out a second:
 * instrument, last, last quantity, bid, bid quantity, ask, ask quantity, volume, exchange time, and of a
 * derivative its open interest.
 */
export type TickRow = [
  instrument: string,
  last: number | null,
  lastQuantity: number | null,
  bid: number | null,
  bidQuantity: number | null,
  ask: number | null,
  askQuantity: number | null,
  volume: number | null,
  exchangeTime: number | null,
  openInterest?: number,
];

/** Columns of a row without open interest. */
export const TICK_ROW_LENGTH = 9;

/** What a client may say on the data socket. */
export const feedRequest = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("subscribe"),
    instruments: z.array(instrumentId).min(1),
    mode: z.enum(["ltp", "quote", "depth"]).default("quote"),
  }),
  z.strictObject({ op: z.literal("unsubscribe"), instruments: z.array(instrumentId).min(1) }),
  /** The whole order book again, of those that are subscribed in mode `depth`. */
  z.strictObject({ op: z.literal("snapshot"), instruments: z.array(instrumentId).min(1) }),
]);

export type FeedRequest = z.infer<typeof feedRequest>;

const bookLevels = z.array(z.tuple([decimalOutput, decimalOutput]));

/** One book inside `{"type":"books","books":[…]}`: price and quantity of each level, 0 takes it away. */
export const bookRow = z.object({
  kind: z.enum(["snapshot", "delta"]),
  instrument: z.string().min(1),
  seq: z.number().int().nonnegative(),
  bids: bookLevels,
  asks: bookLevels,
  checksum: z.number().int().nonnegative(),
  time: timestamp,
});

export const booksFrame = z.object({ type: z.literal("books"), books: z.array(bookRow) });

/** Answers on the data socket besides `ticks` and `books`. */
export const feedNotice = z.discriminatedUnion("type", [
  z.object({ type: z.literal("subscribed"), instruments: z.array(z.string()) }),
  z.object({ type: z.literal("unsubscribed"), instruments: z.array(z.string()) }),
  z.object({
    type: z.literal("refused"),
    instruments: z.array(z.string()),
    reason: z.string(),
    /** Which of the exchange's limits stands in the way, where it is one. */
    limit: z.enum(["instrumentsPerConnection", "subscribeMessagesPerSecond"]).optional(),
  }),
  /** The market's clock: of a recording that plays, the recorded one and how fast it runs; `isSet` when it was just set. */
  z.object({
    type: z.literal("heartbeat"),
    time: timestamp,
    speed: z.number().positive().default(1),
    isSet: z.boolean().default(false),
  }),
  z.object({ type: z.literal("session_expired"), reason: z.string() }),
]);

export type FeedNotice = z.infer<typeof feedNotice>;

/** `POST /session`. The token then goes with every request and every socket, as `Authorization: Bearer`. */
const secret = z.string().min(1).max(4_000);

/** `POST /session`: which of them it takes is a matter of the account. */
export const sessionRequest = z.union([
  z.strictObject({ credential: secret }),
  z.strictObject({ requestToken: secret }),
]);

export type SessionRequest = z.infer<typeof sessionRequest>;

export const sessionAnswer = z.object({
  token: z.string().min(1),
  generation: z.number().int().positive(),
  expiresAt: timestamp,
});

/** `POST /orders`. Which prices an order type takes is the matching engine's to refuse. */
export const newOrderRequest = z.strictObject({
  clientOrderId,
  instrument: instrumentId,
  side: z.enum(SIDES),
  type: z.enum(ORDER_TYPES),
  quantity: positiveDecimalInput,
  limitPrice: positiveDecimalInput.nullable().default(null),
  stopPrice: positiveDecimalInput.nullable().default(null),
  timeInForce: z.enum(TIMES_IN_FORCE),
});

export type NewOrderRequest = z.infer<typeof newOrderRequest>;

/** `PATCH /orders/:brokerOrderId`; null leaves a term as it is. */
export const changeOrderRequest = z.strictObject({
  quantity: positiveDecimalInput.nullable().default(null),
  limitPrice: positiveDecimalInput.nullable().default(null),
  stopPrice: positiveDecimalInput.nullable().default(null),
});

export type ChangeOrderRequest = z.infer<typeof changeOrderRequest>;

export const orderRow = z.object({
  brokerOrderId: z.string().min(1),
  clientOrderId: z.string().nullable(),
  instrument: z.string().min(1),
  side: z.enum(SIDES),
  type: z.enum(ORDER_TYPES),
  quantity: decimalOutput,
  filledQuantity: decimalOutput,
  limitPrice: decimalOutput.nullable(),
  stopPrice: decimalOutput.nullable(),
  timeInForce: z.enum(TIMES_IN_FORCE),
  state: z.enum([
    "new",
    "pending_trigger",
    "partially_filled",
    "filled",
    "canceled",
    "rejected",
    "expired",
  ]),
  reason: z.string().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export type OrderRow = z.infer<typeof orderRow>;

/** By its characters: it is asked of what is no decimal, too. */
const isAboveZero = (text: string): boolean => /^[^-]*[1-9]/.test(text);

/**
 * An execution as the exchange tells it: it knows no account but the one it is. One that moves a position
 * moves something, at a price.
 */
export const executionRow = z
  .object({
    executionId: z.string().min(1),
    /** What kind of row it is; only some of them move a quantity (`rules.ts`). */
    type: z.string().min(1),
    clientOrderId: z.string(),
    brokerOrderId: z.string().min(1),
    instrument: z.string().min(1),
    side: z.enum(SIDES),
    quantity: decimalOutput,
    price: decimalOutput,
    fee: decimalOutput,
    feeCurrency: z.string(),
    executedAt: timestamp,
  })
  .refine(({ type, quantity }) => !PAPER_QUANTITY_ROWS.includes(type) || isAboveZero(quantity), {
    path: ["quantity"],
    error: "must be above 0",
  })
  .refine(({ type, price }) => !PAPER_QUANTITY_ROWS.includes(type) || isAboveZero(price), {
    path: ["price"],
    error: "must be above 0",
  });

export type ExecutionRow = z.infer<typeof executionRow>;

const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({ items: z.array(row), next: z.string().nullable() });

/** Answer to an order request that was taken. */
export const orderAnswer = z.object({ order: orderRow });

export const ordersAnswer = pageOf(orderRow);
export const executionsAnswer = pageOf(executionRow);
export const positionsAnswer = z.object({
  items: z.array(
    z.object({
      instrument: z.string(),
      quantity: decimalOutput,
      averagePrice: decimalOutput.nullable(),
    }),
  ),
});
export const balancesAnswer = z.object({
  items: z.array(
    z.object({ currency: z.string(), total: decimalOutput, available: decimalOutput }),
  ),
});
export const hoursAnswer = z.object({ hours: z.enum(["always", "exchange"]) });

export const instrumentsAnswer = z.object({ items: z.array(instrumentView) });
/** A trade of the past: time (ms since 1970), price and quantity as its tick had them. */
export const tradeRow = z.tuple([
  timestamp,
  z.number().positive().finite(),
  z.number().positive().finite(),
]);

/** `from`: since when (ms since 1970) it is sure to have every trade; `isCut` when there were more than asked for. */
export const tradesAnswer = z.object({
  items: z.array(tradeRow),
  from: timestamp,
  isCut: z.boolean(),
});

export const tradesQuery = z.strictObject({
  instrument: instrumentId,
  since: z.coerce.number().nonnegative(),
  max: z.coerce.number().int().positive(),
});

export const candlesAnswer = z.object({ items: z.array(candleView) });

/**
 * Every error the exchange answers with. `NOT_ACCEPTED` and `RATE_LIMITED` are its documented proof
 * that nothing was booked; any other failing answer proves nothing unless it is a refusal by code.
 */
export const PAPER_ERRORS = {
  BAD_REQUEST: 400,
  /** The token is over, of an older session, or missing; nothing was looked at, let alone booked. */
  SESSION_EXPIRED: 401,
  CREDENTIAL_REJECTED: 403,
  NOT_FOUND: 404,
  ORDER_NOT_OPEN: 409,
  DUPLICATE_CLIENT_ORDER_ID: 409,
  REJECTED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  NOT_ACCEPTED: 503,
} as const;

export type PaperErrorCode = keyof typeof PAPER_ERRORS;

export const errorAnswer = z.object({
  error: z.object({
    code: z.enum(Object.keys(PAPER_ERRORS) as [PaperErrorCode, ...PaperErrorCode[]]),
    message: z.string(),
  }),
});

/** What happened to an order, as the order-update socket tells it. */
export const orderStreamEvent = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("accepted"), pendingTrigger: z.boolean() }),
  z.object({ kind: z.literal("triggered") }),
  z.object({ kind: z.literal("filled"), execution: executionRow }),
  z.object({ kind: z.literal("canceled"), reason: z.string() }),
  z.object({ kind: z.literal("expired"), reason: z.string() }),
  z.object({
    kind: z.literal("replaced"),
    quantity: decimalOutput.nullable(),
    limitPrice: decimalOutput.nullable(),
    stopPrice: decimalOutput.nullable(),
  }),
]);

export type OrderStreamEvent = z.infer<typeof orderStreamEvent>;

/** One frame of the order-update socket. */
export const orderStreamFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("heartbeat"), time: timestamp }),
  z.object({ type: z.literal("session_expired"), reason: z.string() }),
  z.object({
    type: z.literal("order"),
    eventId: z.string().min(1),
    clientOrderId: z.string().nullable(),
    brokerOrderId: z.string().min(1),
    at: timestamp,
    event: orderStreamEvent,
  }),
]);

export type OrderStreamFrame = z.infer<typeof orderStreamFrame>;
