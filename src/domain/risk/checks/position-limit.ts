/** `POSITION_LIMIT`: the largest position that the open orders can lead to, in units and in money, for an algo and for an instrument. */
import {
  addedQuantity,
  figuresAt,
  holdingsOfAlgo,
  markPrice,
  pairOf,
  tightest,
  worstPosition,
} from "../case.ts";
import type { IntentCase } from "../case.ts";
import { maxDecimal, type Decimal } from "../../decimal.ts";
import type { LimitName } from "../limit-names.ts";
import { instrumentScope, type ScopedLimit } from "../limits.ts";
import { fits, type MarginUnit, type Note } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { Refusal } from "../refusal.ts";
import type { Figures } from "../state.ts";
import type { RiskCheck } from "./check.ts";

export const positionLimit: RiskCheck = {
  applies: "entries",
  check(each, note) {
    const { state, intent } = each;
    const { algoId, account, instrument, side } = intent;
    const added = { account, side, quantity: addedQuantity(each) };
    const own = worstPosition(holdingsOfAlgo(state, algoId, instrument), added);
    const pair = figuresAt(state, pairOf(each));
    const scope = instrumentScope(instrument);
    for (const [name, measure] of MEASURES) {
      const refusal = measure(each, tightest(each, name), { worst: own, figures: pair }, "", note);
      if (refusal) return refusal;
      // Set on an instrument, it also bounds what all algos hold of it together.
      const value = state.limits.at(scope, name);
      if (!value) continue;
      const worst = worstPosition(state.holdingsOf.get(instrument) ?? [], added);
      const all = { worst, figures: figuresAt(state, scope) };
      const wider = measure(each, { scope, value }, all, " of all algos", note);
      if (wider) return wider;
    }
    return null;
  },
};

type Measure = (
  each: IntentCase,
  limit: ScopedLimit | null,
  position: { worst: Decimal; figures: Figures },
  whose: string,
  note: Note | undefined,
) => Refusal | null;

const inUnits: Measure = (each, limit, { worst, figures }, whose, note) =>
  limit &&
  within(each, { limit, asked: worst, have: figures.quantity }, ["units", `units${whose}`], note);

/** At the dearer of the order's price and the mark. */
const inMoney: Measure = (each, limit, { worst, figures }, whose, note) => {
  const { unit, rate, mark } = each;
  if (!limit || !unit || !rate || !mark) return null;
  const asked = worst.times(maxDecimal(unit.price, markPrice(mark))).times(rate);
  return within(each, { limit, asked, have: figures.gross }, ["base", `in money${whose}`], note);
};

const MEASURES = [
  ["positionQuantity", inUnits],
  ["positionNotional", inMoney],
] as const satisfies readonly (readonly [LimitName, Measure])[];

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
