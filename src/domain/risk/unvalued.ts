/** Which positions have a loss that nobody knows, to be named to whoever is refused because of them. */
import type { InstrumentId } from "../instrument.ts";
import { limitScopes } from "./limits.ts";
import type { LedgerState } from "./state.ts";

/** Instruments named in one refusal; past it only their number is told. */
const NAMED_MAX = 5;

/** Instruments in which a scope holds something without a usable price. Scans: only for a refusal, or now and then. */
export function unvaluedIn(state: LedgerState, scope: string): Set<InstrumentId> {
  const found = new Set<InstrumentId>();
  for (const { algoId, instrument, figures } of state.holdings.values())
    if (figures.unvalued > 0 && limitScopes(algoId, instrument).includes(scope))
      found.add(instrument);
  return found;
}

/** The same in words, for a message. */
export function namesOfUnvalued(state: LedgerState, scope: string): string {
  const all = [...unvaluedIn(state, scope)];
  const others = all.length - NAMED_MAX;
  return `${all.slice(0, NAMED_MAX).join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}
