/** `KILL_SWITCH`: a halted scope takes nothing but cancels, a reducing one only what lowers exposure; what the platform closes under a halt passes for as long as that is to be closed. */
import type { OrderIntent } from "../../order.ts";
import { isFlatten } from "../case.ts";
import { killScopes } from "./scopes.ts";
import type { RiskCheck } from "./check.ts";
import type { Refusal } from "../refusal.ts";
import { refuse } from "../refusal-of.ts";

/** A person has lifted the halt since the flatten began, and keeps what is left. */
const nothingToClose = ({ algoId, account, instrument }: OrderIntent): Refusal =>
  refuse(
    "KILL_SWITCH",
    { scope: `algo:${algoId}` },
    `No halt that closes ${instrument} of ${algoId} at ${account} stands any more; it is left as it is.`,
  );

export const tradingState: RiskCheck = {
  applies: "every",
  check(each) {
    const { state, intent, facts, onlyReduces } = each;
    if (facts.flattens === true) return isFlatten(each) ? null : nothingToClose(intent);
    if (state.tradingStates.size === 0) return null;
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
