/** The ledger's state as the API and the tradebook tell it. Pure: state and time in, plain data out. */
import type { TradebookRow } from "../ports.ts";
import type { PositionView } from "../../contract/orders.ts";
import type { ExposureView, RiskStatusView } from "../../contract/risk.ts";
import { decimal, decimalText, meanText, ZERO, type Decimal } from "../../domain/decimal.ts";
import type { Order } from "../../domain/order.ts";
import { averagePrice, unrealisedProfit } from "../../domain/position.ts";
import { isFresh } from "../../domain/risk/case.ts";
import { drawdownOf } from "../../domain/risk/checks/loss.ts";
import { BASE_CURRENCY, CAPITAL } from "../../domain/risk/default-limits.ts";
import { profitOf, aggregateFor } from "../../domain/risk/exposure.ts";
import { pairScope } from "../../domain/risk/limits.ts";
import { holdingKey, NO_FIGURES, type Holding, type LedgerState } from "../../domain/risk/state.ts";
import { goodMark } from "../../domain/risk/good-mark.ts";
import { unknownTrips } from "../../domain/risk/trips/unknown.ts";

export function positionViews(state: LedgerState, now: number): PositionView[] {
  return [...state.holdings.values()].filter(everTraded).map((holding) => {
    const { algoId, instrument, account, currency, position } = holding;
    const mark = goodMark(state, instrument);
    const age = state.limits.tightest("markAgeMs", algoId, instrument)?.value ?? null;
    const price = mark && isFresh(mark, age, now) ? decimal(mark.price) : null;
    const mean = averagePrice(position);
    return {
      algoId,
      instrument,
      account,
      currency: currency ?? "unknown",
      quantity: decimalText(position.quantity),
      averagePrice: mean && meanText(mean),
      markPrice: price && decimalText(price),
      realisedProfit: decimalText(position.realisedProfit),
      unrealisedProfit: unrealisedText(position.quantity, () =>
        price ? unrealisedProfit(position, price) : null,
      ),
    };
  });
}

/** What the instrument of an order is priced in; null while nobody knows. */
export const currencyOf = (
  state: LedgerState,
  { algoId, instrument, account }: Pick<Order, "algoId" | "instrument" | "account">,
): string | null => state.holdings.get(holdingKey(algoId, instrument, account))?.currency ?? null;

/** A flat position has no unrealised profit, whatever the price; an open one without a price has an unknown one. */
function unrealisedText(quantity: Decimal, profit: () => Decimal | null): string | null {
  if (quantity.eq(ZERO)) return "0";
  const value = profit();
  return value && decimalText(value);
}

const everTraded = ({ filled }: Holding): boolean => filled.buy.gt(ZERO) || filled.sell.gt(ZERO);

/** Each algo in each instrument, by its scope; with several accounts, one holding stands for all. */
export function pairsOf(state: LedgerState): Map<string, Holding> {
  const pairs = new Map<string, Holding>();
  for (const holding of state.holdings.values())
    pairs.set(pairScope(holding.algoId, holding.instrument), holding);
  return pairs;
}

/** One row for each algo and instrument, over all accounts. */
export function exposureViews(state: LedgerState): ExposureView[] {
  return [...pairsOf(state)].map(([scope, { algoId, instrument, currency }]) => {
    const { figures, day } = aggregateFor(state, scope);
    return {
      algoId,
      instrument,
      currency: currency ?? "unknown",
      quantity: decimalText(figures.quantity),
      openBuyQuantity: decimalText(figures.openBuy),
      openSellQuantity: decimalText(figures.openSell),
      notional: decimalText(figures.gross),
      moneyAtRisk: decimalText(figures.moneyAtRisk),
      moneyAtRiskDayMax: decimalText(day.moneyAtRiskMax),
    };
  });
}

export function statusView(
  state: LedgerState,
  portfolio: string,
  outbox: number,
  now: number,
): RiskStatusView {
  const whole = state.aggregates.get("portfolio");
  const figures = whole?.figures ?? NO_FIGURES;
  const valued = figures.unvalued === 0;
  const profit = profitOf(figures);
  return {
    portfolio,
    baseCurrency: BASE_CURRENCY,
    version: state.version,
    tradingStates: [...state.tradingStates.values()].map(
      ({ scope, state: trading, reason, by, since }) => ({
        scope,
        state: trading,
        reason,
        by,
        since,
      }),
    ),
    unknownTrips: unknownTrips(state, now),
    moneyAtRisk: decimalText(figures.moneyAtRisk),
    grossExposure: decimalText(figures.gross),
    netExposure: decimalText(figures.net),
    openOrders: figures.openOrders,
    equity: valued ? decimalText(decimal(CAPITAL).plus(profit)) : null,
    dayProfit: valued ? decimalText(profit.minus(whole?.day.startProfit ?? ZERO)) : null,
    drawdown: valued ? decimalText(whole ? drawdownOf(whole) : ZERO) : null,
    outbox,
  };
}

export const positionDay = (holding: Holding, day: string): TradebookDay<"position_day"> => {
  const { algoId, instrument, account, position } = holding;
  const mean = averagePrice(position);
  return {
    kind: "position_day",
    day,
    algoId,
    instrument,
    account,
    quantity: decimalText(position.quantity),
    averagePrice: mean && meanText(mean),
    realisedProfit: decimalText(position.realisedProfit),
  };
};

type TradebookDay<Kind extends TradebookRow["kind"]> = Extract<TradebookRow, { kind: Kind }>;

/** The trading day of an algo in an instrument, as far as it has come. Money is in the base currency. */
export function riskDay(
  state: LedgerState,
  algoId: string,
  instrument: string,
): TradebookDay<"risk_day"> {
  const { figures, day } = aggregateFor(state, pairScope(algoId, instrument));
  return {
    kind: "risk_day",
    day: state.day,
    algoId,
    instrument,
    moneyAtRiskMax: decimalText(day.moneyAtRiskMax),
    notionalMax: decimalText(day.notionalMax),
    realisedProfit: decimalText(figures.realised),
  };
}
