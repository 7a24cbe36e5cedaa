/** `ORDER_RATE`: new orders in any second, over the scope that sets the limit. A brake on a loop that runs away; no way out is held up by it. */
import { decimal } from "../../decimal.ts";
import { orderLimitsOn } from "../case.ts";
import { recentOrders } from "../order-rate.ts";
import { fits } from "../margin.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const orderRate: RiskCheck = {
  applies: "new_entries",
  check(each, note) {
    for (const { scope, value } of orderLimitsOn(each, "ordersPerSecond")) {
      const aggregate = each.state.aggregates.get(scope);
      const have = aggregate ? recentOrders(aggregate, each.now) : 0;
      const facts = { scope, limit: value, asked: decimal(1), have: decimal(have) };
      if (fits({ ...facts, unit: "orders", after: decimal(have + 1) }, note)) continue;
      return refuse(
        "ORDER_RATE",
        facts,
        `${scope} has sent ${have} orders in the last second of at most ${value.toFixed()}; slow down.`,
      );
    }
    return null;
  },
};
