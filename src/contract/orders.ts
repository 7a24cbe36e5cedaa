/** Orders, executions, positions and balances as they cross the API. */
import { z } from "zod";
import { OWN_PREFIXES } from "../domain/reconciliation/synthetic-id.ts";
import { ORDER_STATES, ORDER_TYPES, SIDES, TIMES_IN_FORCE } from "../domain/order.ts";
import { EXTERNAL_ALGO } from "../domain/risk/external.ts";
import { REFUSAL_CODES } from "../domain/risk/refusal.ts";
import { bracketRequest, checkBracket } from "./bracket.ts";
import { errorBody } from "./errors.ts";
import {
  accountId,
  algoId,
  clientOrderId,
  decimalOutput,
  EXTERNAL_MESSAGE,
  instrumentId,
  pageQuery,
  positiveDecimalInput,
  timestamp,
  timestampQuery,
} from "./primitives.ts";

export {
  ORDER_STATES,
  type OrderState,
  type OrderType,
  type Side,
  type TimeInForce,
} from "../domain/order.ts";
export { isTerminal, TERMINAL_STATES } from "../domain/order-state.ts";

type PriceFields = {
  type: (typeof ORDER_TYPES)[number];
  limitPrice?: string | undefined;
  stopPrice?: string | undefined;
};

const PRICES_OF_TYPE = {
  market: [],
  limit: ["limitPrice"],
  stop: ["stopPrice"],
  stop_limit: ["limitPrice", "stopPrice"],
} as const satisfies Record<PriceFields["type"], readonly ("limitPrice" | "stopPrice")[]>;

/** Each order type has exactly its prices: a missing one is no default, a surplus one is no hint. */
export function checkPrices(order: PriceFields, ctx: z.RefinementCtx): void {
  const needed: readonly string[] = PRICES_OF_TYPE[order.type];
  for (const field of ["limitPrice", "stopPrice"] as const) {
    const given = order[field] !== undefined;
    if (given === needed.includes(field)) continue;
    const message = given
      ? `must be left out of a ${order.type} order`
      : `is needed for a ${order.type} order`;
    ctx.addIssue({ code: "custom", path: [field], message });
  }
}

export const orderRequest = z
  .strictObject({
    clientOrderId: clientOrderId.refine((id) => !OWN_PREFIXES.some((own) => id.startsWith(own)), {
      message: `must not start with ${OWN_PREFIXES.join(" or ")}, as the platform's own ids of orders placed past it do`,
    }),
    /** An algo's key is bound to its algo; only an admin's key may name another. */
    algoId: algoId.optional(),
    account: accountId.optional(),
    instrument: instrumentId,
    side: z.enum(SIDES),
    type: z.enum(ORDER_TYPES),
    quantity: positiveDecimalInput,
    limitPrice: positiveDecimalInput.optional(),
    stopPrice: positiveDecimalInput.optional(),
    timeInForce: z.enum(TIMES_IN_FORCE).default("day"),
    /** With a bracket it is the bracket's stop, and may be left out. */
    protectiveStop: positiveDecimalInput.optional(),
    bracket: bracketRequest.optional(),
    reduceOnly: z.boolean().default(false),
    /** Rounds price to tick and quantity down to lot; without it off-grid is refused. */
    round: z.boolean().default(false),
  })
  .superRefine(checkPrices)
  .superRefine(checkBracket)
  // What stands there can be closed.
  .refine(({ algoId: algo, reduceOnly }) => algo !== EXTERNAL_ALGO || reduceOnly, {
    path: ["algoId"],
    message: `${EXTERNAL_MESSAGE}, unless the order is reduceOnly`,
  });

export type OrderRequest = z.infer<typeof orderRequest>;
export type OrderRequestInput = z.input<typeof orderRequest>;

export const orderChangeRequest = z
  .strictObject({
    quantity: positiveDecimalInput.optional(),
    limitPrice: positiveDecimalInput.optional(),
    stopPrice: positiveDecimalInput.optional(),
  })
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), {
    message: "must change quantity, limitPrice or stopPrice",
  });

export type OrderChangeRequest = z.infer<typeof orderChangeRequest>;

export const refusalView = z.object({
  code: z.enum(REFUSAL_CODES),
  message: z.string(),
  scope: z.string(),
  limit: decimalOutput.nullable(),
  asked: decimalOutput.nullable(),
  have: decimalOutput.nullable(),
});

export const orderView = z.object({
  clientOrderId,
  algoId: z.string(),
  account: z.string(),
  instrument: z.string(),
  side: z.enum(SIDES),
  type: z.enum(ORDER_TYPES),
  quantity: decimalOutput,
  limitPrice: decimalOutput.nullable(),
  stopPrice: decimalOutput.nullable(),
  timeInForce: z.enum(TIMES_IN_FORCE),
  protectiveStop: decimalOutput.nullable(),
  reduceOnly: z.boolean(),
  /** The exits that the gateway places for what fills of it. */
  bracket: z
    .object({
      stopPrice: decimalOutput,
      stopLimitPrice: decimalOutput.nullable(),
      targetPrice: decimalOutput,
    })
    .optional(),
  /** Of an exit: the entry, the pair and which of the two it is. */
  exit: z
    .object({ entry: z.string(), pair: z.number().int(), leg: z.enum(["stop", "target"]) })
    .optional(),
  state: z.enum(ORDER_STATES),
  filledQuantity: decimalOutput,
  averagePrice: decimalOutput.nullable(),
  brokerOrderId: z.string().nullable(),
  refusal: refusalView.nullable(),
  reason: z.string().nullable(),
  ledgerVersion: z.number().int(),
  /** The version that approved new terms last. */
  termsVersion: z.number().int().optional(),
  epoch: z.number().int(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export type OrderView = z.infer<typeof orderView>;

export const ordersQuery = pageQuery.extend({
  algoId: algoId.optional(),
  instrument: instrumentId.optional(),
  state: z.enum(ORDER_STATES).optional(),
  /** `open`: every order that can still trade. */
  open: z.stringbool().optional(),
});

export type OrdersQuery = z.infer<typeof ordersQuery>;

/** What is left out is not asked about. */
export const cancelAllRequest = z.strictObject({
  account: accountId.optional(),
  algoId: algoId.optional(),
  instrument: instrumentId.optional(),
  side: z.enum(SIDES).optional(),
});

export const cancelAllView = z.object({
  /** Orders meant that can still trade. */
  openOrders: z.number().int(),
  /** Cancels that are on their way; the broker's evidence ends the orders. */
  cancelsSent: z.number().int(),
  /** Orders on the desk, or whose gateway could not be reached. */
  notSent: z.number().int(),
});

export type CancelAllView = z.infer<typeof cancelAllView>;

export const closeAllRequest = z.strictObject({
  /** Fixed by the caller: the same id again is the same close. */
  closeId: z.string().regex(/^[A-Za-z0-9_-]{1,25}$/, "must be 1 to 25 letters, digits, _ or -"),
  account: accountId.optional(),
  algoId: algoId.optional(),
  /** First cancels what rests on the closing side; without it, what those could still close is left to them. */
  cancelOpen: z.boolean().default(false),
});

export const closePositionRequest = closeAllRequest.extend({
  instrument: instrumentId,
  /** Part of one position; left out, all of it. */
  quantity: positiveDecimalInput.optional(),
});

export type ClosePositionsRequest = z.infer<typeof closeAllRequest> &
  Partial<Pick<z.infer<typeof closePositionRequest>, "instrument" | "quantity">>;

export const closePositionsView = z.object({
  /** One for each closing order, several where a position is larger than the largest order; and one for the refusal of what did not go of it. */
  positions: z.array(
    z.object({
      algoId: z.string(),
      account: z.string(),
      instrument: z.string(),
      /** The closing order; null when it was refused. */
      order: orderView.nullable(),
      refusal: errorBody.shape.error.omit({ requestId: true }).nullable(),
    }),
  ),
  /** What was canceled first. */
  cancels: cancelAllView,
});

export type ClosePositionsView = z.infer<typeof closePositionsView>;

/** An execution in the tradebook. */
export const tradeView = z.object({
  executionId: z.string(),
  clientOrderId: z.string(),
  brokerOrderId: z.string(),
  algoId: z.string(),
  account: z.string(),
  instrument: z.string(),
  side: z.enum(SIDES),
  quantity: decimalOutput,
  price: decimalOutput,
  fee: decimalOutput,
  feeCurrency: z.string(),
  executedAt: timestamp,
});

export type TradeView = z.infer<typeof tradeView>;

export const tradesQuery = pageQuery.extend({
  algoId: algoId.optional(),
  instrument: instrumentId.optional(),
  from: timestampQuery.optional(),
  to: timestampQuery.optional(),
});

export type TradesQuery = z.infer<typeof tradesQuery>;

export const positionView = z.object({
  algoId: z.string(),
  instrument: z.string(),
  account: z.string(),
  currency: z.string(),
  /** Signed: below 0 is short. */
  quantity: decimalOutput,
  averagePrice: decimalOutput.nullable(),
  /** Null when no fresh mark is known: unknown is not zero. */
  markPrice: decimalOutput.nullable(),
  realisedProfit: decimalOutput,
  unrealisedProfit: decimalOutput.nullable(),
});

export type PositionView = z.infer<typeof positionView>;

export const balanceView = z.object({
  account: z.string(),
  currency: z.string(),
  total: decimalOutput,
  available: decimalOutput,
  asOf: timestamp,
});

export type BalanceView = z.infer<typeof balanceView>;
