/** `SELF_CROSS`: an entry that would trade against an open order of another of our own algos. */
import { decimal, type Decimal } from "../../decimal.ts";
import { bestOf } from "../best-price.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { Side } from "../../order.ts";
import { MEETS_ANY } from "../state.ts";
import type { RiskCheck } from "./check.ts";

/** An order that waits for a trigger meets nobody yet. Exits pass: a way out comes first. */
export const selfCross: RiskCheck = {
  applies: "entries",
  check({ state, intent }, note) {
    if (intent.type === "stop" || intent.type === "stop_limit") return null;
    const price = intent.limitPrice === null ? null : decimal(intent.limitPrice);
    const against: Side = intent.side === "buy" ? "sell" : "buy";
    for (const holding of state.holdingsOf.get(intent.instrument) ?? []) {
      if (holding.algoId === intent.algoId) continue;
      const best = bestOf(holding, against);
      if (best === null) continue;
      const scope = `algo:${holding.algoId}|instrument:${intent.instrument}`;
      const limit = best === MEETS_ANY ? null : best;
      if (price && limit) {
        const room = intent.side === "buy" ? limit.minus(price) : price.minus(limit);
        note?.({ scope, unit: "price", limit, asked: price, room });
      }
      if (!meets(intent.side, price, limit)) continue;
      return refuse(
        "SELF_CROSS",
        { scope, limit, asked: price },
        `It could trade against an open ${against} order of algo ${holding.algoId}${limit ? ` at ${shown(limit)}` : ""}; change the price, or cancel one of the two.`,
      );
    }
    return null;
  },
};

/** Null stands for a price that takes whatever comes. */
const meets = (side: Side, price: Decimal | null, other: Decimal | null): boolean => {
  if (!price || !other) return true;
  return side === "buy" ? price.gte(other) : price.lte(other);
};
