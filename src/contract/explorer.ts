/** The ledger explorer as it crosses the API: an order's whole life, and what each check would say to an intent. */
import { z } from "zod";
import { ORDER_STATES } from "../domain/order.ts";
import { VERDICTS } from "../domain/risk/explain.ts";
import { HISTORY_KINDS, HISTORY_SOURCES } from "../domain/risk/history.ts";
import { MARGIN_UNITS } from "../domain/risk/margin.ts";
import { REFUSAL_CODES } from "../domain/risk/refusal.ts";
import { checkPrices, orderRequest, refusalView } from "./orders.ts";
import {
  decimalOutput,
  pageQuery,
  timestamp,
  VERSION_CURSOR_MESSAGE,
  VERSION_CURSOR_PATTERN,
} from "./primitives.ts";

export const versionPageQuery = pageQuery.extend({
  cursor: z.string().regex(VERSION_CURSOR_PATTERN, VERSION_CURSOR_MESSAGE).optional(),
});

const changesView = z.object({
  quantity: decimalOutput.nullable(),
  limitPrice: decimalOutput.nullable(),
  stopPrice: decimalOutput.nullable(),
});

const executionView = z.object({
  executionId: z.string(),
  quantity: decimalOutput,
  price: decimalOutput,
  fee: decimalOutput,
  feeCurrency: z.string(),
  executedAt: timestamp,
});

export const orderEventView = z.object({
  /** The ledger's version after it. */
  version: z.number().int(),
  at: timestamp,
  kind: z.enum(HISTORY_KINDS),
  /** From where: the ledger's decision, the gateway, the broker's word, an algo or a person. */
  source: z.enum(HISTORY_SOURCES),
  by: z.string().nullable(),
  reason: z.string().nullable(),
  /** The order's state after it. */
  state: z.enum(ORDER_STATES),
  filledQuantity: decimalOutput,
  execution: executionView.nullable(),
  changes: changesView.nullable(),
  refusal: refusalView.nullable(),
  brokerOrderId: z.string().nullable(),
  attempt: z.number().int().nullable(),
  /** Where the time of the attempt went: until it asked for its turn, at the rate limiter, on the way, at the broker. */
  stages: z
    .object({
      queueMs: z.number(),
      limiterMs: z.number(),
      networkMs: z.number(),
      brokerMs: z.number().nullable(),
    })
    .nullable(),
  label: z.enum(["not_sent", "rejected", "unknown"]).nullable(),
  /** What was odd about it, such as a fill after a cancel. */
  flag: z.string().nullable(),
});

export type OrderEventView = z.infer<typeof orderEventView>;

const { clientOrderId: _, bracket: __, ...terms } = orderRequest.shape;

/** An order as a query. It has no id: nothing is placed. */
export const explainQuery = z
  .strictObject({
    ...terms,
    reduceOnly: z.stringbool().default(false),
    round: z.stringbool().default(false),
  })
  .superRefine(checkPrices);

export type ExplainQuery = z.infer<typeof explainQuery>;
export type ExplainQueryInput = z.input<typeof explainQuery>;

/** A figure that was worked out: a product may have more digits than any input. */
const figure = z.string().regex(/^-?\d+(?:\.\d+)?$/);

export const marginView = z.object({
  scope: z.string(),
  /** `base`: money of the portfolio. `account`: money of the instrument's currency. */
  unit: z.enum(MARGIN_UNITS),
  limit: figure.nullable(),
  asked: figure.nullable(),
  have: figure.nullable(),
  /** Left of the limit with the order in it; below 0 it is passed. Null where there is no such distance. */
  room: figure.nullable(),
});

export type MarginView = z.infer<typeof marginView>;

export const explainView = z.object({
  /** The ledger's version that it was judged at. */
  version: z.number().int(),
  /** The first check that refuses: what the order would be denied with. Null: it would be approved. */
  refusedBy: z.enum(REFUSAL_CODES).nullable(),
  onlyReduces: z.boolean(),
  /** What it would add, in the base currency; null while a price or a rate is missing. */
  moneyAtRisk: figure.nullable(),
  notional: figure.nullable(),
  /** Every check in order, also those after the first refusal. */
  checks: z.array(
    z.object({
      code: z.enum(REFUSAL_CODES),
      /** `skipped`: only for orders that may raise exposure. */
      verdict: z.enum(VERDICTS),
      message: z.string().nullable(),
      /** Empty where nothing is measured or no limit is set. */
      margins: z.array(marginView),
    }),
  ),
});

export type ExplainView = z.infer<typeof explainView>;
