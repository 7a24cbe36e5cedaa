/** `PRICE_OFF_GRID`: prices are whole multiples of the tick size. */
import { decimal, isMultipleOf } from "../../decimal.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const priceGrid: RiskCheck = {
  applies: "but_lowered",
  check({ facts, intent }, note) {
    if (!facts.instrument) return null;
    const tick = decimal(facts.instrument.tickSize);
    for (const field of ["limitPrice", "stopPrice"] as const) {
      const text = intent[field];
      if (text === null) continue;
      const scope = `instrument:${intent.instrument}`;
      const asked = decimal(text);
      note?.({ scope, unit: "price", limit: tick, asked, room: null });
      if (isMultipleOf(asked, tick)) continue;
      return refuse(
        "PRICE_OFF_GRID",
        { scope, limit: tick, asked },
        `${field} ${text} is no multiple of the tick size ${facts.instrument.tickSize} of ${intent.instrument}; round it, or send round: true.`,
      );
    }
    return null;
  },
};
