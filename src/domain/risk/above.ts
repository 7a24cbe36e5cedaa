/** Which present exposures are already above a limit: a new limit holds for new risk at once, and says what it found. */
import { decimal, decimalText, maxDecimal, type Decimal } from "../decimal.ts";
import { dayLoss, drawdownOf } from "./checks/loss.ts";
import { markPrice, worstPosition } from "./case.ts";
import { rateOf } from "./exposure.ts";
import { goodMark } from "./good-mark.ts";
import type { InstrumentId } from "../instrument.ts";
import { LIMIT_NAMES, type LimitName } from "./limit-names.ts";
import { instrumentScope, limitScopes, pairScope } from "./limits.ts";
import type { Aggregate, Holding, LedgerState } from "./state.ts";

export interface LimitExceeded {
  scope: string;
  name: LimitName;
  limit: string;
  have: string;
}

/** Limits of single orders and of prices have no present exposure. */
export function limitsExceeded(
  state: LedgerState,
  scope: string,
  name: LimitName,
): LimitExceeded[] {
  const limit = state.limits.at(scope, name);
  if (!limit) return [];
  return measured(state, scope, name)
    .filter(({ have }) => have.gt(limit))
    .map(({ scope: at, have }) => ({
      scope: at,
      name,
      limit: decimalText(limit),
      have: decimalText(have),
    }));
}

/** The limits that what is reserved and held now passes where the order counts, each in words: for who looks at an order that nobody could refuse. */
export function limitsPassedBy(
  state: LedgerState,
  { algoId, instrument }: { algoId: string; instrument: InstrumentId },
): string[] {
  const scopes = limitScopes(algoId, instrument);
  return scopes.flatMap((scope) =>
    LIMIT_NAMES.flatMap((name) =>
      limitsExceeded(state, scope, name)
        .filter((each) => scopes.includes(each.scope))
        .map(({ scope: at, have, limit }) => `${name} of ${at} is ${have}, above ${limit}`),
    ),
  );
}

function measured(
  state: LedgerState,
  scope: string,
  name: LimitName,
): { scope: string; have: Decimal }[] {
  const under = [...state.aggregates.values()].filter((at) => isUnder(at.scope, scope));
  const own = under.filter((at) => at.scope === scope);
  const pairs = under.filter((at) => at.scope.includes("|"));
  // Set on an instrument, these bound its sum, too.
  const positions = scope.startsWith("instrument:") ? [...own, ...pairs] : pairs;
  switch (name) {
    case "openOrders":
      return each(own, ({ figures }) => decimal(figures.openOrders));
    case "ordersPerDay":
      return each(own, ({ ordersToday }) => decimal(ordersToday));
    case "positionQuantity":
      return each(positions, (at) => worstPosition(holdingsUnder(state, at.scope)));
    case "positionNotional":
      return each(positions, (at) => worstNotional(state, at));
    case "moneyAtRiskInstrument":
      return each(positions, ({ figures }) => figures.moneyAtRisk);
    case "moneyAtRiskAlgo":
      return each(
        under.filter((at) => at.scope.startsWith("algo:") && !at.scope.includes("|")),
        ({ figures }) => figures.moneyAtRisk,
      );
    case "moneyAtRiskPortfolio":
      return each(
        under.filter((at) => at.scope === "portfolio"),
        ({ figures }) => figures.moneyAtRisk,
      );
    case "grossExposure":
      return each(own, ({ figures }) => figures.worstGross);
    case "netExposure":
      return each(own, ({ figures: { net, buyNotional, sellNotional } }) =>
        maxDecimal(net.plus(buyNotional), sellNotional.minus(net)),
      );
    case "dailyLossSoft":
    case "dailyLoss":
      return each(own, (aggregate) => dayLoss(aggregate));
    case "drawdownSoft":
    case "drawdown":
      return each(own, (aggregate) => drawdownOf(aggregate));
    case "orderNotional":
    case "priceCollar":
    case "markAgeMs":
    case "ordersPerSecond":
      return [];
  }
}

const each = (which: Aggregate[], measure: (aggregate: Aggregate) => Decimal) =>
  which.map((aggregate) => ({ scope: aggregate.scope, have: measure(aggregate) }));

/** The largest position that the open orders can lead to, at the mark; what is held, as last valued, where nobody knows that. */
function worstNotional(state: LedgerState, { scope, figures }: Aggregate): Decimal {
  const holdings = holdingsUnder(state, scope);
  const [first] = holdings;
  const mark = first && goodMark(state, first.instrument);
  const currency = holdings.find((holding) => holding.currency !== null)?.currency ?? null;
  const rate = rateOf(state, currency);
  if (!mark || !rate) return figures.gross;
  return worstPosition(holdings).times(markPrice(mark)).times(rate);
}

/** Of an instrument, or of an algo in one. */
function holdingsUnder(state: LedgerState, scope: string): Holding[] {
  return [...state.holdings.values()].filter(({ algoId, instrument }) =>
    [instrumentScope(instrument), pairScope(algoId, instrument)].includes(scope),
  );
}

/** Whether a limit on `above` reaches the sums of `scope`. */
const isUnder = (scope: string, above: string): boolean =>
  above === "portfolio" ||
  scope === above ||
  scope.startsWith(`${above}|`) ||
  scope.endsWith(`|${above}`);
