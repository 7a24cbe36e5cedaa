/** `STALE_PRICE`: an entry needs a mark that is there, is a price, and is young enough. */
import { decimal } from "../../decimal.ts";
import { isFresh, tightest } from "../case.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const stalePrice: RiskCheck = {
  applies: "entries",
  check(each) {
    const { mark, intent, now } = each;
    const age = tightest(each, "markAgeMs");
    if (isFresh(mark, age?.value ?? null, now)) return null;
    const have = mark && decimal(now - mark.time);
    const what = have
      ? `the latest price of ${intent.instrument} is ${have.toFixed()} ms old`
      : `there is no good price of ${intent.instrument}`;
    return refuse(
      "STALE_PRICE",
      { scope: age?.scope ?? `instrument:${intent.instrument}`, limit: age?.value ?? null, have },
      `No entry without a fresh price: ${what}; wait until its feed is live.`,
    );
  },
};
