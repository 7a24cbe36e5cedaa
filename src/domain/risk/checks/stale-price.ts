/**
 * `STALE_PRICE`: an entry needs a mark that is there, is a price, and is young enough; and what its
 * limits and the trips are measured with needs one, too.
 */
import { decimal } from "../../decimal.ts";
import { figuresAt, isFresh, tightest, type IntentCase } from "../case.ts";
import type { LimitName } from "../limit-names.ts";
import { limitScopes } from "../limits.ts";
import { refuse } from "../refusal-of.ts";
import type { Refusal } from "../refusal.ts";
import { unknownTrips } from "../trips/unknown.ts";
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
    if (isFresh(mark, limit, now)) return unknownWorth(each) ?? unknownTrip(each);
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

/** A trip that would stop entries and cannot see whether it should. It latches nothing: with its sight entries go again. */
function unknownTrip({ state, now }: IntentCase): Refusal | null {
  const [first] = unknownTrips(state, now);
  if (!first) return null;
  return refuse(
    "STALE_PRICE",
    { scope: "portfolio" },
    `No entry while the trip ${first.trip} does not know whether to fire: ${first.reason}; wait for its price, or switch the trip off.`,
  );
}

/** What is measured in money, over the scope that sets it or over the portfolio. */
const MONEY_LIMITS: readonly LimitName[] = [
  "positionNotional",
  "moneyAtRiskInstrument",
  "moneyAtRiskAlgo",
  "moneyAtRiskPortfolio",
  "grossExposure",
  "netExposure",
  "dailyLoss",
  "drawdown",
];

/** A sum that something is missing from is no sum: whatever is traded past us is in it, or nobody may add to it. */
function unknownWorth({ state, intent }: IntentCase): Refusal | null {
  const scopes = limitScopes(intent.algoId, intent.instrument);
  const scope = scopes.find(
    (each) =>
      figuresAt(state, each).unpriced > 0 &&
      MONEY_LIMITS.some((name) => state.limits.at(each, name) !== null),
  );
  if (scope === undefined) return null;
  const unknown = [...state.holdings.values()].filter(({ figures }) => figures.unpriced > 0);
  const names = [...new Set(unknown.map(({ instrument }) => instrument))].join(", ");
  return refuse(
    "STALE_PRICE",
    { scope },
    `No entry while nobody knows what ${names} is worth, which counts against the limits of ${scope}; wait for its price, or close it at the broker.`,
  );
}
