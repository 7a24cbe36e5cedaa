/** `INSTRUMENT_BLOCKED`: nobody may open or enlarge a position in a blocked instrument; everybody may get out. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const instrumentBlocked: RiskCheck = {
  applies: "entries",
  check({ state, intent }) {
    const scope = `instrument:${intent.instrument}`;
    const blocked = state.controls.restrictions.get(scope);
    if (!blocked) return null;
    return refuse(
      "INSTRUMENT_BLOCKED",
      { scope },
      `${intent.instrument} is blocked (${blocked.reason}, by ${blocked.by}); only exits pass until a person unblocks it.`,
    );
  },
};
