/** `OPEN_ORDERS`: how many orders may be open at once, over the scope that sets the limit. */
import { decimal } from "../../decimal.ts";
import { figuresAt, limitsOn } from "../case.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const openOrders: RiskCheck = {
  applies: "new_entries",
  check(each) {
    for (const { scope, value } of limitsOn(each, "openOrders")) {
      const have = figuresAt(each.state, scope).openOrders;
      if (value.gte(have + 1)) continue;
      return refuse(
        "OPEN_ORDERS",
        { scope, limit: value, asked: decimal(1), have: decimal(have) },
        `${scope} has ${have} open orders of at most ${value.toFixed()}; cancel some or wait for them.`,
      );
    }
    return null;
  },
};
