/** `POSITION_LIMIT`: the largest position that the open orders can lead to, in units and in money. */
import { addedQuantity, figuresAt, markPrice, pairOf, tightest, worstPosition } from "../case.ts";
import type { IntentCase } from "../case.ts";
import { maxDecimal, type Decimal } from "../../decimal.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { Refusal } from "../refusal.ts";
import type { RiskCheck } from "./check.ts";

export const positionLimit: RiskCheck = {
  applies: "entries",
  check(each) {
    const { state, intent, rate, unit, mark } = each;
    const added = addedQuantity(each);
    const pair = figuresAt(state, pairOf(each));
    const worst = worstPosition(pair, intent.side, added);

    const units = tightest(each, "positionQuantity");
    if (units && worst.gt(units.value)) return tooLarge(each, units, worst, pair.quantity, "units");

    // Set on an instrument, it also bounds what all algos hold of it together.
    const scope = `instrument:${intent.instrument}`;
    const whole = state.limits.at(scope, "positionQuantity");
    if (whole) {
      const all = figuresAt(state, scope);
      const worstOfAll = worstPosition(all, intent.side, added);
      if (worstOfAll.gt(whole))
        return tooLarge(
          each,
          { scope, value: whole },
          worstOfAll,
          all.quantity,
          "units of all algos",
        );
    }

    const notional = tightest(each, "positionNotional");
    if (!notional || !unit || !rate || !mark) return null;
    const asked = worst.times(maxDecimal(unit.price, markPrice(mark))).times(rate);
    if (asked.lte(notional.value)) return null;
    return tooLarge(each, notional, asked, pair.gross, "in money");
  },
};

function tooLarge(
  { intent }: IntentCase,
  limit: { scope: string; value: Decimal },
  asked: Decimal,
  have: Decimal,
  what: string,
): Refusal {
  return refuse(
    "POSITION_LIMIT",
    { scope: limit.scope, limit: limit.value, asked, have },
    `With its open orders the position in ${intent.instrument} could reach ${shown(asked)} (${what}), above the limit of ${shown(limit.value)} (${limit.scope}); ask for less or cancel orders.`,
  );
}
