/** `MONEY_AT_RISK_*`: what is lost if everything goes to its stop, for an algo's instrument, an instrument, an algo and the portfolio. */
import type { IntentCase } from "../case.ts";
import { figuresAt, pairOf, tightest } from "../case.ts";
import type { LimitName } from "../limit-names.ts";
import { instrumentScope, type ScopedLimit } from "../limits.ts";
import { fits, type Note } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { Refusal, RefusalCode } from "../refusal.ts";
import type { RiskCheck } from "./check.ts";

function within(
  code: RefusalCode,
  name: LimitName,
  measured: (each: IntentCase) => string,
): RiskCheck {
  return {
    applies: "entries",
    check: (each, note) => over(each, code, tightest(each, name), measured(each), note),
  };
}

function over(
  { state, addedRisk }: IntentCase,
  code: RefusalCode,
  limit: ScopedLimit | null,
  measured: string,
  note: Note | undefined,
): Refusal | null {
  // A rate or a price that is missing was refused before.
  if (!limit || !addedRisk) return null;
  const have = figuresAt(state, measured).moneyAtRisk;
  const facts = { scope: limit.scope, limit: limit.value, asked: addedRisk, have };
  const after = have.plus(addedRisk);
  if (fits({ ...facts, unit: "base", after }, note)) return null;
  return refuse(
    code,
    facts,
    `${measured} has ${shown(have)} at risk and the order adds ${shown(addedRisk)}, above the limit of ${shown(limit.value)} (${limit.scope}); ask for less, or give a protective stop.`,
  );
}

/** Set on an instrument, it also bounds what all algos risk in it together. */
export const moneyAtRiskInstrument: RiskCheck = {
  applies: "entries",
  check(each, note) {
    const code = "MONEY_AT_RISK_INSTRUMENT";
    const name = "moneyAtRiskInstrument";
    const refusal = over(each, code, tightest(each, name), pairOf(each), note);
    if (refusal) return refusal;
    const scope = instrumentScope(each.intent.instrument);
    const value = each.state.limits.at(scope, name);
    return over(each, code, value && { scope, value }, scope, note);
  },
};

export const moneyAtRiskAlgo = within(
  "MONEY_AT_RISK_ALGO",
  "moneyAtRiskAlgo",
  ({ intent }) => `algo:${intent.algoId}`,
);

export const moneyAtRiskPortfolio = within(
  "MONEY_AT_RISK_PORTFOLIO",
  "moneyAtRiskPortfolio",
  () => "portfolio",
);
