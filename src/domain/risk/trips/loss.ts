/**
 * `dailyLoss` and `drawdown`: the first from the day's start, the second from the peak; each over the
 * scope that sets the limit, and latched there. The soft limit lets it reduce, the hard one halts it.
 */
import type { Decimal } from "../../decimal.ts";
import { parseScope } from "../../scope.ts";
import { dayLoss, drawdownOf, type Doubt } from "../checks/loss.ts";
import type { LimitName } from "../limit-names.ts";
import { shown } from "../refusal-of.ts";
import type { Aggregate, LedgerState } from "../state.ts";
import type { Reading, Trip } from "./trip.ts";

/**
 * A position without a good price counts with its money at risk against its own algo, and against
 * nobody else's: the portfolio is not halted by one missing price, its entries are refused. A price
 * that has only grown old halts nobody: a halted algo could not even get out, and a feed's outage
 * would halt all at once. Entries are refused meanwhile.
 */
const doubtOf = (scope: string): Doubt => (scope.startsWith("algo:") ? "no_price" : "none");

function loss(
  limits: { soft: LimitName; hard: LimitName },
  words: string,
  measure: (aggregate: Aggregate, doubt: Doubt) => Decimal,
): Trip {
  const readings = (
    state: LedgerState,
    name: LimitName,
    level: "soft" | "hard",
    latches: Reading["state"],
  ): Reading[] =>
    state.limits.scopesOf(name).flatMap(({ scope, value }) => {
      const aggregate = state.aggregates.get(scope);
      if (!aggregate || parseScope(scope) === null || scope.includes("|")) return [];
      const have = measure(aggregate, doubtOf(scope));
      const reason = `${words} of ${shown(have)} is above the ${level} limit of ${shown(value)}`;
      return [{ scope, past: have.gt(value), state: latches, reason, level }];
    });
  return {
    kind: "level",
    // The hard limit first: what it latches makes the soft one's mild.
    read: (state, _watch, setting) => [
      ...readings(state, limits.hard, "hard", setting.state),
      ...readings(state, limits.soft, "soft", "reducing"),
    ],
  };
}

export const dailyLossTrip = loss(
  { soft: "dailyLossSoft", hard: "dailyLoss" },
  "a loss since the day's start",
  dayLoss,
);

export const drawdownTrip = loss(
  { soft: "drawdownSoft", hard: "drawdown" },
  "a drawdown from the peak",
  drawdownOf,
);
