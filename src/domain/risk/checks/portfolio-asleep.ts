/** `PORTFOLIO_ASLEEP`: outside its session a portfolio sends nothing; cancels, of a part, too, and a flatten pass. */
import { isFlatten } from "../case.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const portfolioAsleep: RiskCheck = {
  applies: "but_lowered",
  check(each) {
    const asleep = each.state.controls.restrictions.get("portfolio");
    if (!asleep || isFlatten(each)) return null;
    return refuse(
      "PORTFOLIO_ASLEEP",
      { scope: "portfolio" },
      `The portfolio is asleep (${asleep.reason}, by ${asleep.by}) and takes only cancels; wake it first.`,
    );
  },
};
