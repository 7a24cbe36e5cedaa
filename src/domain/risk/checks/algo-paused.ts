/** `ALGO_PAUSED`: a paused algo may not raise its exposure, by a new order, an add or a modify; it may get out. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const algoPaused: RiskCheck = {
  applies: "entries",
  check({ state, intent }) {
    const scope = `algo:${intent.algoId}`;
    const paused = state.controls.restrictions.get(scope);
    if (!paused) return null;
    return refuse(
      "ALGO_PAUSED",
      { scope },
      `Algo ${intent.algoId} is paused (${paused.reason}, by ${paused.by}); only exits pass until a person resumes it.`,
    );
  },
};
