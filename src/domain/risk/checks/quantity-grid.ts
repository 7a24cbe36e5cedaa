/** `QUANTITY_OFF_GRID`: quantities are whole multiples of the lot size. */
import { decimal, isMultipleOf } from "../../decimal.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const quantityGrid: RiskCheck = {
  applies: "every",
  check({ facts, intent, quantity }, note) {
    if (!facts.instrument) return null;
    const lot = decimal(facts.instrument.lotSize);
    const scope = `instrument:${intent.instrument}`;
    note?.({ scope, unit: "units", limit: lot, asked: quantity, room: null });
    if (isMultipleOf(quantity, lot)) return null;
    return refuse(
      "QUANTITY_OFF_GRID",
      { scope, limit: lot, asked: quantity },
      `Quantity ${intent.quantity} is no multiple of the lot size ${facts.instrument.lotSize} of ${intent.instrument}; round it, or send round: true.`,
    );
  },
};
