/** `MARKET_CLOSED`: the instrument's exchange is not open now. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const marketClosed: RiskCheck = {
  applies: "but_lowered",
  check({ facts, intent }) {
    if (facts.marketOpen) return null;
    return refuse(
      "MARKET_CLOSED",
      { scope: `instrument:${intent.instrument}` },
      `The market of ${intent.instrument} is closed; send the order again when it opens.`,
    );
  },
};
