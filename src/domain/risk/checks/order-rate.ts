/** `ORDER_RATE`: new orders in any second, over the scope that sets the limit. A brake on a loop that runs away. */
import { decimal } from "../../decimal.ts";
import { limitsOn } from "../case.ts";
import { recentOrders } from "../order-rate.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const orderRate: RiskCheck = {
  applies: "every",
  check(each) {
    if (each.replaced) return null;
    for (const { scope, value } of limitsOn(each, "ordersPerSecond")) {
      const aggregate = each.state.aggregates.get(scope);
      const have = aggregate ? recentOrders(aggregate, each.now) : 0;
      if (value.gte(have + 1)) continue;
      return refuse(
        "ORDER_RATE",
        { scope, limit: value, asked: decimal(1), have: decimal(have) },
        `${scope} has sent ${have} orders in the last second of at most ${value.toFixed()}; slow down.`,
      );
    }
    return null;
  },
};
