/** `ORDER_NOTIONAL`: the size of one order in money, which also needs a rate into the base currency. */
import { tightest } from "../case.ts";
import { fits } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const orderNotional: RiskCheck = {
  applies: "entries",
  check(each, note) {
    const { facts, intent, notional, rate } = each;
    if (!rate || !notional)
      return refuse(
        "ORDER_NOTIONAL",
        { scope: "portfolio" },
        `There is no rate from ${facts.instrument?.currency ?? "its currency"} into the portfolio's currency, so the risk of ${intent.instrument} cannot be added up; set the rate.`,
      );
    const limit = tightest(each, "orderNotional");
    if (!limit) return null;
    const compared = { scope: limit.scope, limit: limit.value, asked: notional };
    if (fits({ ...compared, unit: "base", after: notional }, note)) return null;
    return refuse(
      "ORDER_NOTIONAL",
      compared,
      `An order of ${shown(notional)} is above the limit of ${shown(limit.value)} for one order (${limit.scope}); ask for less.`,
    );
  },
};
