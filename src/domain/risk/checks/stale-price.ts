/** `STALE_PRICE`: an entry needs a mark that is there, is a price, and is young enough. */
import { decimal } from "../../decimal.ts";
import { isFresh, tightest } from "../case.ts";
import { refuse } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const stalePrice: RiskCheck = {
  applies: "entries",
  check(each, note) {
    const { mark, intent, now } = each;
    const age = tightest(each, "markAgeMs");
    const scope = age?.scope ?? `instrument:${intent.instrument}`;
    const limit = age?.value ?? null;
    const have = mark && decimal(now - mark.time);
    note?.({ scope, unit: "ms", limit, have, room: limit && have && limit.minus(have) });
    if (isFresh(mark, limit, now)) return null;
    const isSilent = mark?.stale === true;
    const what = have
      ? `the latest price of ${intent.instrument} is ${have.toFixed()} ms old${isSilent ? ", and its data comes more often than that" : ""}`
      : `there is no good price of ${intent.instrument}`;
    return refuse(
      "STALE_PRICE",
      { scope, limit, have },
      `No entry without a fresh price: ${what}; wait until its feed is live.`,
    );
  },
};
