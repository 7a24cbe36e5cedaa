/** `PRICE_COLLAR`: a limit price far from the market is a slip of the finger. */
import { decimal } from "../../decimal.ts";
import { isFresh, markPrice, tightest } from "../case.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

/**
 * A limit is held to the mark, a stop-limit's limit to its stop price. Stop prices are free: they lie
 * away from the market on purpose. Without a fresh mark only an order that reduces comes this far. A
 * bracket's exits are free, too, as they were first asked for: they rest where the trade ends, and a
 * refused one would leave the position bare. New terms for them are held to the mark.
 */
export const priceCollar: RiskCheck = {
  applies: "but_lowered",
  check(each, note) {
    const { intent, mark, now, replaced } = each;
    if (intent.exit && !replaced) return null;
    const collar = tightest(each, "priceCollar");
    if (!collar || intent.limitPrice === null) return null;
    const price = decimal(intent.limitPrice);
    const fresh = isFresh(mark, tightest(each, "markAgeMs")?.value ?? null, now);
    const market = fresh && mark ? markPrice(mark) : null;
    const reference = intent.stopPrice === null ? market : decimal(intent.stopPrice);
    if (!reference) return null;
    const distance = price.minus(reference).abs();
    const allowed = reference.times(collar.value);
    const facts = () => ({
      scope: collar.scope,
      limit: collar.value,
      asked: distance.div(reference),
      have: reference,
    });
    // A quotient is rounded, so the decision is made on the product.
    note?.({ ...facts(), unit: "fraction", room: allowed.minus(distance).div(reference) });
    if (distance.lte(allowed)) return null;
    return refuse(
      "PRICE_COLLAR",
      facts(),
      `Limit price ${intent.limitPrice} is further than ${shown(collar.value.times(100))} % from ${reference.toFixed()}; check the price.`,
    );
  },
};
