/** `STALE_EPOCH`: whoever holds an older region lease than the ledger may not trade. */
import { decimal } from "../../decimal.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const staleEpoch: RiskCheck = {
  applies: "every",
  check({ state, facts }, note) {
    if (facts.epoch === undefined) return null;
    const compared = {
      scope: "portfolio",
      limit: decimal(state.epoch),
      asked: decimal(facts.epoch),
    };
    note?.({ ...compared, unit: "epoch", room: compared.asked.minus(compared.limit) });
    if (compared.asked.gte(compared.limit)) return null;
    return refuse(
      "STALE_EPOCH",
      compared,
      `This region's lease (epoch ${facts.epoch}) was taken over by epoch ${state.epoch}; send the order to the region that holds it.`,
    );
  },
};
