/** Days of risk history as bars. Pure. */
import type { RiskDayView } from "../../../../src/contract/risk.ts";
import { sum } from "../../format/totals.ts";

export interface RiskDay {
  day: string;
  moneyAtRisk: string;
  realisedProfit: string;
}

/**
 * One entry for each day, oldest first. Adding each line's own maximum gives the most that could have been at
 * risk on that day: the maxima need not have stood at one moment.
 */
export function riskDays(rows: readonly RiskDayView[]): RiskDay[] {
  return [...Map.groupBy(rows, (row) => row.day)]
    .map(([day, group]) => ({
      day,
      moneyAtRisk: sum(group.map((row) => row.moneyAtRiskMax)) ?? "0",
      realisedProfit: sum(group.map((row) => row.realisedProfit)) ?? "0",
    }))
    .sort((a, b) => a.day.localeCompare(b.day));
}
