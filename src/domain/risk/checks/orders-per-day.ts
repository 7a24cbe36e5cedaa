/** `ORDERS_PER_DAY`: new orders in the trading day, over the scope that sets the limit. */
import { decimal } from "../../decimal.ts";
import { orderLimitsOn } from "../case.ts";
import { fits } from "../margin.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const ordersPerDay: RiskCheck = {
  applies: "new_entries",
  check(each, note) {
    for (const { scope, value } of orderLimitsOn(each, "ordersPerDay")) {
      const have = each.state.aggregates.get(scope)?.ordersToday ?? 0;
      const facts = { scope, limit: value, asked: decimal(1), have: decimal(have) };
      if (fits({ ...facts, unit: "orders", after: decimal(have + 1) }, note)) continue;
      return refuse(
        "ORDERS_PER_DAY",
        facts,
        `${scope} has sent ${have} orders today of at most ${value.toFixed()}; only exits pass until tomorrow, or raise the limit.`,
      );
    }
    return null;
  },
};
