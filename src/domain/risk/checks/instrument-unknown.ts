/** `INSTRUMENT_UNKNOWN`: nothing is known about what is to be traded. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const instrumentUnknown: RiskCheck = {
  applies: "but_lowered",
  check({ facts, intent }) {
    if (facts.instrument) return null;
    return refuse(
      "INSTRUMENT_UNKNOWN",
      { scope: `instrument:${intent.instrument}` },
      `No broker of account ${intent.account} knows ${intent.instrument}; look for its id in /v1/instruments.`,
    );
  },
};
