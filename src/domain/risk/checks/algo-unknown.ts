/** `ALGO_UNKNOWN`: an algo that has neither a key nor a registration may open nothing; what stands in its name can be closed. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const algoUnknown: RiskCheck = {
  applies: "entries",
  check({ state, facts, intent }) {
    if (facts.algoKnown !== false || state.controls.algos.has(intent.algoId)) return null;
    return refuse(
      "ALGO_UNKNOWN",
      { scope: `algo:${intent.algoId}` },
      `Algo ${intent.algoId} has no key and is not registered; make a key for it, or register it with POST /v1/algos.`,
    );
  },
};
