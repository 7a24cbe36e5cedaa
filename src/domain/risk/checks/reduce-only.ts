/** `REDUCE_ONLY`: an order that may only reduce never enlarges or flips a position, counting the other orders that close it. */
import { closable } from "../money-at-risk.ts";
import { fits } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import { ZERO } from "../../decimal.ts";
import type { RiskCheck } from "./check.ts";

export const reduceOnly: RiskCheck = {
  applies: "every",
  check({ intent, holding, remaining, opening, onlyReduces }, note) {
    if (!intent.reduceOnly) return null;
    const position = holding?.position.quantity ?? ZERO;
    const free = remaining.minus(opening);
    const facts = {
      scope: `algo:${intent.algoId}|instrument:${intent.instrument}`,
      limit: free,
      asked: remaining,
      have: closable(position, intent.side),
    };
    // A modify that only lowers its order passes, though others may have taken the position meanwhile.
    if (fits({ ...facts, unit: "units", after: remaining }, note) || onlyReduces) return null;
    return refuse(
      "REDUCE_ONLY",
      facts,
      `Only ${shown(free)} of the position in ${intent.instrument} is left to close on this side; lower the quantity or cancel other closing orders.`,
    );
  },
};
