/** `GROSS_EXPOSURE` and `NET_EXPOSURE`: what positions and open orders can come to, over the scope that sets the limit. */
import type { Decimal } from "../../decimal.ts";
import { addedNotional, figuresAt, limitsOn } from "../case.ts";
import type { IntentCase } from "../case.ts";
import { worstGross } from "../exposure.ts";
import type { LimitName } from "../limit-names.ts";
import { fits } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { RefusalCode } from "../refusal.ts";
import { NO_FIGURES, type Figures } from "../state.ts";
import type { RiskCheck } from "./check.ts";

interface Measured {
  /** At worst now, and with the order. */
  have: Decimal;
  after: Decimal;
}

function within(
  code: RefusalCode,
  name: LimitName,
  words: string,
  measure: (each: IntentCase, scope: Figures, added: Decimal) => Measured,
): RiskCheck {
  return {
    applies: "entries",
    check(each, note) {
      const added = addedNotional(each);
      // A rate or a price that is missing was refused before.
      if (!added) return null;
      for (const { scope, value } of limitsOn(each, name)) {
        const { have, after } = measure(each, figuresAt(each.state, scope), added);
        const facts = { scope, limit: value, asked: after.minus(have), have };
        if (fits({ ...facts, unit: "base", after }, note)) continue;
        return refuse(
          code,
          facts,
          `With its open orders ${scope} could reach ${shown(after)} ${words}, above the limit of ${shown(value)}; ask for less or cancel orders.`,
        );
      }
      return null;
    },
  };
}

/** Long and short do not make up for each other. */
export const grossExposure = within(
  "GROSS_EXPOSURE",
  "grossExposure",
  "of gross exposure",
  ({ holding, intent }, scope, added) => {
    const own = holding?.figures ?? NO_FIGURES;
    const buys = intent.side === "buy" ? own.buyNotional.plus(added) : own.buyNotional;
    const sells = intent.side === "sell" ? own.sellNotional.plus(added) : own.sellNotional;
    const after = worstGross(own.net, buys, sells);
    return { have: scope.worstGross, after: scope.worstGross.minus(own.worstGross).plus(after) };
  },
);

/** Only the direction that the order pushes into: a way back towards flat is never refused. */
export const netExposure = within(
  "NET_EXPOSURE",
  "netExposure",
  "of net exposure",
  ({ intent }, { net, buyNotional, sellNotional }, added) => {
    // Below zero where the position is the other way.
    const have = intent.side === "buy" ? net.plus(buyNotional) : sellNotional.minus(net);
    return { have, after: have.plus(added) };
  },
);
