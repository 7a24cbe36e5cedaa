/** What the `risk` channel tells algos of each other: status, each algo's sums, and who holds what. Pure. */
import type { AlgoRiskView, RiskChannelView } from "../../contract/risk-channel.ts";
import type { ExposureView } from "../../contract/risk.ts";
import { decimal, decimalText, ZERO } from "../../domain/decimal.ts";
import { RISK_FRAME_ROWS_MAX } from "../../domain/market-limits.ts";
import { drawdownOf } from "../../domain/risk/checks/loss.ts";
import { profitOf } from "../../domain/risk/exposure.ts";
import type { Aggregate, LedgerState } from "../../domain/risk/state.ts";
import { exposureViews, statusView } from "./views.ts";

const ALGO = "algo:";

export function riskChannelView(
  state: LedgerState,
  portfolio: string,
  outbox: number,
  now: number,
): RiskChannelView {
  const rows = exposureViews(state).filter(isHeld).sort(mostAtRiskFirst);
  return {
    ...statusView(state, portfolio, outbox, now),
    algos: algoViews(state),
    exposure: rows.slice(0, RISK_FRAME_ROWS_MAX),
    exposureLeftOut: Math.max(0, rows.length - RISK_FRAME_ROWS_MAX),
  };
}

/** An algo that held something today still has its loss of today, whether it is flat now or not. */
function algoViews(state: LedgerState): AlgoRiskView[] {
  return [...state.aggregates.values()]
    .filter(({ scope }) => scope.startsWith(ALGO) && !scope.includes("|"))
    .map(algoView)
    .sort((a, b) => (a.algoId < b.algoId ? -1 : 1));
}

function algoView(aggregate: Aggregate): AlgoRiskView {
  const { scope, figures, day } = aggregate;
  const isValued = figures.unvalued === 0;
  return {
    algoId: scope.slice(ALGO.length),
    moneyAtRisk: decimalText(figures.moneyAtRisk),
    grossExposure: decimalText(figures.gross),
    netExposure: decimalText(figures.net),
    openOrders: figures.openOrders,
    dayProfit: isValued ? decimalText(profitOf(figures).minus(day.startProfit)) : null,
    drawdown: isValued ? decimalText(drawdownOf(aggregate)) : null,
  };
}

const isHeld = ({ quantity, openBuyQuantity, openSellQuantity }: ExposureView): boolean =>
  [quantity, openBuyQuantity, openSellQuantity].some((text) => !decimal(text).eq(ZERO));

const mostAtRiskFirst = (a: ExposureView, b: ExposureView): number =>
  decimal(b.moneyAtRisk).cmp(decimal(a.moneyAtRisk)) ||
  (`${a.algoId} ${a.instrument}` < `${b.algoId} ${b.instrument}` ? -1 : 1);
