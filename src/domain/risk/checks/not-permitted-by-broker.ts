/** `NOT_PERMITTED_BY_BROKER`: what the broker's rules do not permit is refused before it is sent. */
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const notPermittedByBroker: RiskCheck = {
  applies: "but_lowered",
  check({ facts, intent }) {
    const reason = facts.instrument?.tradable === false ? "it can only be watched" : null;
    const refusal = facts.brokerRefusal ?? reason;
    if (refusal === null) return null;
    return refuse(
      "NOT_PERMITTED_BY_BROKER",
      { scope: `account:${intent.account}` },
      `The broker of account ${intent.account} does not take this order for ${intent.instrument}: ${refusal}; change the order.`,
    );
  },
};
