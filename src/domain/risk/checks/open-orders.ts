/** `OPEN_ORDERS`: how many orders may be open at once, over the scope that sets the limit. */
import { decimal } from "../../decimal.ts";
import { figuresAt, limitsOn } from "../case.ts";
import { fits } from "../margin.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const openOrders: RiskCheck = {
  applies: "new_entries",
  check(each, note) {
    for (const { scope, value } of limitsOn(each, "openOrders")) {
      const have = figuresAt(each.state, scope).openOrders;
      const facts = { scope, limit: value, asked: decimal(1), have: decimal(have) };
      if (fits({ ...facts, unit: "orders", after: decimal(have + 1) }, note)) continue;
      return refuse(
        "OPEN_ORDERS",
        facts,
        `${scope} has ${have} open orders of at most ${value.toFixed()}; cancel some or wait for them.`,
      );
    }
    return null;
  },
};
