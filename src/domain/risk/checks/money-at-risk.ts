/** `MONEY_AT_RISK_*`: what is lost if everything goes to its stop, for an algo's instrument, an algo and the portfolio. */
import type { IntentCase } from "../case.ts";
import { figuresAt, pairOf, tightest } from "../case.ts";
import type { LimitName } from "../limit-names.ts";
import { fits } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { RefusalCode } from "../refusal.ts";
import type { RiskCheck } from "./check.ts";

function within(
  code: RefusalCode,
  name: LimitName,
  measured: (each: IntentCase) => string,
): RiskCheck {
  return {
    applies: "entries",
    check(each, note) {
      const limit = tightest(each, name);
      // A rate or a price that is missing was refused before.
      if (!limit || !each.addedRisk) return null;
      const scope = measured(each);
      const have = figuresAt(each.state, scope).moneyAtRisk;
      const facts = { scope: limit.scope, limit: limit.value, asked: each.addedRisk, have };
      const after = have.plus(each.addedRisk);
      if (fits({ ...facts, unit: "base", after }, note)) return null;
      return refuse(
        code,
        facts,
        `${scope} has ${shown(have)} at risk and the order adds ${shown(each.addedRisk)}, above the limit of ${shown(limit.value)} (${limit.scope}); ask for less, or give a protective stop.`,
      );
    },
  };
}

export const moneyAtRiskInstrument = within(
  "MONEY_AT_RISK_INSTRUMENT",
  "moneyAtRiskInstrument",
  pairOf,
);

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
