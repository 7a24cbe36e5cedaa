/** `KILL_SWITCH`: a halted scope takes nothing but cancels, a reducing one only what lowers exposure; what the platform closes after a halt passes. */
import { isFlatten } from "../case.ts";
import { killScopes } from "./scopes.ts";
import type { RiskCheck } from "./check.ts";
import { refuse } from "../refusal-of.ts";

export const tradingState: RiskCheck = {
  applies: "every",
  check(each) {
    const { state, intent, onlyReduces } = each;
    if (state.tradingStates.size === 0 || isFlatten(each)) return null;
    for (const scope of killScopes(intent)) {
      const record = state.tradingStates.get(scope);
      if (!record) continue;
      if (onlyReduces && record.state === "reducing") continue;
      const [what, wayOut] =
        record.state === "halted"
          ? ["is halted and takes only cancels", `reset the kill switch of ${scope}`]
          : ["only takes orders that lower exposure", `set ${scope} active`];
      return refuse(
        "KILL_SWITCH",
        { scope },
        `${scope} ${what} (${record.reason}, by ${record.by}); ${wayOut} first.`,
      );
    }
    return null;
  },
};
