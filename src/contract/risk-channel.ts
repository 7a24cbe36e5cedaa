/** What the `risk` channel of the stream carries: the portfolio's status, and who holds how much of it. */
import { z } from "zod";
import { decimalOutput } from "./primitives.ts";
import { exposureView, riskStatusView } from "./risk.ts";

/** Money is in the portfolio's base currency; null while a mark or a rate is missing: unknown is not zero. */
export const algoRiskView = z.object({
  algoId: z.string(),
  moneyAtRisk: decimalOutput,
  grossExposure: decimalOutput,
  netExposure: decimalOutput,
  openOrders: z.number().int(),
  dayProfit: decimalOutput.nullable(),
  drawdown: decimalOutput.nullable(),
});

export type AlgoRiskView = z.infer<typeof algoRiskView>;

export const riskChannelView = riskStatusView.extend({
  /** Every algo that holds or has on order anything, by name. */
  algos: z.array(algoRiskView),
  /** What is held or on order, the most money at risk first. */
  exposure: z.array(exposureView),
  /** Rows left out of `exposure` because there are too many: `/v1/risk/exposure` has them all. */
  exposureLeftOut: z.number().int(),
});

export type RiskChannelView = z.infer<typeof riskChannelView>;
