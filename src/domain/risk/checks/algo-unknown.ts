/**
 * `ALGO_UNKNOWN`: an algo that has neither a key nor a registration may open nothing; what stands in its name can be
 * closed. Nor may anybody as `external`: what stands there counts as closed past the platform of all algos' positions.
 */
import { EXTERNAL_ALGO } from "../external.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const algoUnknown: RiskCheck = {
  applies: "entries",
  check({ state, facts, intent }) {
    const scope = `algo:${intent.algoId}`;
    if (intent.algoId === EXTERNAL_ALGO)
      return refuse(
        "ALGO_UNKNOWN",
        { scope },
        `${EXTERNAL_ALGO} is no algo, but what was traded past the platform; trade under another name, and change an order placed past the platform where it was placed.`,
      );
    if (facts.algoKnown !== false || state.controls.algos.has(intent.algoId)) return null;
    return refuse(
      "ALGO_UNKNOWN",
      { scope },
      `Algo ${intent.algoId} has no key and is not registered; make a key for it, or register it with POST /v1/algos.`,
    );
  },
};
