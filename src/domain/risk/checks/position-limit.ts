/** `POSITION_LIMIT`: the largest position that the open orders can lead to, in units and in money. */
import { addedQuantity, figuresAt, markPrice, pairOf, tightest, worstPosition } from "../case.ts";
import type { IntentCase } from "../case.ts";
import { maxDecimal, type Decimal } from "../../decimal.ts";
import type { ScopedLimit } from "../limits.ts";
import { fits, type MarginUnit, type Note } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { Refusal } from "../refusal.ts";
import type { RiskCheck } from "./check.ts";

export const positionLimit: RiskCheck = {
  applies: "entries",
  check(each, note) {
    const { state, intent, rate, unit, mark } = each;
    const added = addedQuantity(each);
    const pair = figuresAt(state, pairOf(each));
    const worst = worstPosition(pair, intent.side, added);

    const units = tightest(each, "positionQuantity");
    if (units) {
      const facts = { limit: units, asked: worst, have: pair.quantity };
      const refusal = within(each, facts, ["units", "units"], note);
      if (refusal) return refusal;
    }

    // Set on an instrument, it also bounds what all algos hold of it together.
    const scope = `instrument:${intent.instrument}`;
    const whole = state.limits.at(scope, "positionQuantity");
    if (whole) {
      const all = figuresAt(state, scope);
      const asked = worstPosition(all, intent.side, added);
      const facts = { limit: { scope, value: whole }, asked, have: all.quantity };
      const refusal = within(each, facts, ["units", "units of all algos"], note);
      if (refusal) return refusal;
    }

    const notional = tightest(each, "positionNotional");
    if (!notional || !unit || !rate || !mark) return null;
    const asked = worst.times(maxDecimal(unit.price, markPrice(mark))).times(rate);
    const facts = { limit: notional, asked, have: pair.gross };
    return within(each, facts, ["base", "in money"], note);
  },
};

function within(
  { intent }: IntentCase,
  { limit, asked, have }: { limit: ScopedLimit; asked: Decimal; have: Decimal },
  [unit, what]: [MarginUnit, string],
  note: Note | undefined,
): Refusal | null {
  const facts = { scope: limit.scope, limit: limit.value, asked, have };
  if (fits({ ...facts, unit, after: asked }, note)) return null;
  return refuse(
    "POSITION_LIMIT",
    facts,
    `With its open orders the position in ${intent.instrument} could reach ${shown(asked)} (${what}), above the limit of ${shown(limit.value)} (${limit.scope}); ask for less or cancel orders.`,
  );
}
