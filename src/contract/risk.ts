/** Limits, exposure and the kill switch as they cross the API. */
import { z } from "zod";
import { LIMIT_NAMES, type LimitName } from "../domain/risk/limit-names.ts";
import { TRIP_NAMES } from "../domain/risk/trips/settings.ts";
import { LIMIT_SCOPE_PATTERN, TRADING_STATES } from "../domain/scope.ts";
import {
  decimalOutput,
  pageQuery,
  positiveDecimalInput,
  reason,
  scopeText,
  timestamp,
} from "./primitives.ts";

export { LIMIT_NAMES, type LimitName } from "../domain/risk/limit-names.ts";
export { type TradingState } from "../domain/scope.ts";
export { KILL_SWITCH_HOLD_MS } from "../domain/limits.ts";

/**
 * `portfolio`, `algo:<id>`, `instrument:<id>`, or both as `algo:<id>|instrument:<id>`; and
 * `account:<id>` for how many orders are sent.
 */
export const limitScope = z
  .string()
  .regex(
    LIMIT_SCOPE_PATTERN,
    "must be portfolio, account:<id>, algo:<id>, instrument:<id> or algo:<id>|instrument:<id>",
  );

export const limitView = z.object({
  scope: z.string(),
  name: z.enum(LIMIT_NAMES),
  value: decimalOutput,
  changedBy: z.string(),
  changedAt: timestamp,
});

export type LimitView = z.infer<typeof limitView>;

const COUNTED_BY_ACCOUNT: readonly LimitName[] = ["ordersPerSecond", "ordersPerDay"];

const limitChange = z
  .strictObject({
    scope: limitScope,
    name: z.enum(LIMIT_NAMES),
    /** Null takes the limit off this scope. */
    value: positiveDecimalInput.nullable(),
  })
  .refine(({ scope, name }) => !scope.startsWith("account:") || COUNTED_BY_ACCOUNT.includes(name), {
    path: ["name"],
    message: `must be one of ${COUNTED_BY_ACCOUNT.join(", ")} for an account`,
  });

export const limitsRequest = z.strictObject({
  changes: z.array(limitChange).min(1).max(100),
  reason,
});

export type LimitsRequest = z.infer<typeof limitsRequest>;

/** What was changed, and which present exposures are already above the new limit. */
export const limitsAnswer = z.object({
  limits: z.array(limitView),
  above: z.array(
    z.object({
      scope: z.string(),
      name: z.enum(LIMIT_NAMES),
      limit: decimalOutput,
      have: decimalOutput,
    }),
  ),
});

export const tradingStateView = z.object({
  scope: z.string(),
  state: z.enum(TRADING_STATES),
  reason: z.string(),
  by: z.string(),
  since: timestamp,
});

export const riskStatusView = z.object({
  portfolio: z.string(),
  baseCurrency: z.string(),
  version: z.number().int(),
  /** Scopes that are not `active`; empty when everything trades. */
  tradingStates: z.array(tradingStateView),
  /** Trips that are on and do not know whether to fire, and why: entries are refused meanwhile. */
  unknownTrips: z.array(z.object({ trip: z.enum(TRIP_NAMES), reason: z.string() })),
  moneyAtRisk: decimalOutput,
  grossExposure: decimalOutput,
  netExposure: decimalOutput,
  openOrders: z.number().int(),
  /** Null while a mark or a rate is missing: unknown is not zero. */
  equity: decimalOutput.nullable(),
  dayProfit: decimalOutput.nullable(),
  drawdown: decimalOutput.nullable(),
  /** Tradebook rows not yet written to D1. */
  outbox: z.number().int(),
});

export type RiskStatusView = z.infer<typeof riskStatusView>;

export const exposureView = z.object({
  algoId: z.string(),
  instrument: z.string(),
  currency: z.string(),
  quantity: decimalOutput,
  openBuyQuantity: decimalOutput,
  openSellQuantity: decimalOutput,
  /** In the base currency. */
  notional: decimalOutput,
  moneyAtRisk: decimalOutput,
  moneyAtRiskDayMax: decimalOutput,
});

export type KillSwitchView = z.infer<typeof killSwitchView>;

export type ExposureView = z.infer<typeof exposureView>;

export const riskHistoryQuery = pageQuery.extend({
  algoId: z.string().max(32).optional(),
  instrument: z.string().max(60).optional(),
  from: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "must be a day, e.g. 2026-11-20")
    .optional(),
  to: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "must be a day, e.g. 2026-11-20")
    .optional(),
});

export type RiskHistoryQuery = z.infer<typeof riskHistoryQuery>;

export const riskDayView = z.object({
  day: z.string(),
  algoId: z.string(),
  instrument: z.string(),
  moneyAtRiskMax: decimalOutput,
  notionalMax: decimalOutput,
  realisedProfit: decimalOutput,
});

export type RiskDayView = z.infer<typeof riskDayView>;

export const killSwitchRequest = z.strictObject({ scope: scopeText, reason });

export const haltRequest = killSwitchRequest.extend({
  /** Closes what is open under the scope, too, by market orders that may only reduce. */
  flatten: z.boolean().default(false),
});

export const killSwitchView = z.object({
  scope: z.string(),
  state: z.enum(TRADING_STATES),
  version: z.number().int(),
  /** Open orders under the scope, and how many cancels were sent. */
  openOrders: z.number().int(),
  cancelsSent: z.number().int(),
  since: timestamp,
  /** They stay stopped after the reset. */
  algosStopped: z.array(z.string()),
  /** Closing orders that left by the time of this answer; the rest follows until everything is flat. */
  flattened: z.number().int(),
  /** From the call until the ledger had latched, and until every gateway held it; null while one has not answered. */
  latchedInMs: z.number(),
  enforcedInMs: z.number().nullable(),
  /** When the last order left a gateway, against the latch: below 0 is before it. */
  lastLeftAfterMs: z.number().nullable(),
});
