/** The algos that a kill switch stops: each is paused, and stays so after the reset until a person resumes it. */
import { EXTERNAL_ALGO } from "../../domain/risk/external.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import { parseScope, type ScopeText } from "../../domain/scope.ts";
import type { LedgerBook } from "./book.ts";

/** Pauses every algo that the scope is about, and answers which. Only inside `commit`. */
export function stopAlgos(
  book: LedgerBook,
  state: LedgerState,
  scope: ScopeText,
  reason: string,
  by: string,
  now: number,
): string[] {
  const algos = algosUnder(state, scope);
  for (const algoId of algos) {
    const paused = `algo:${algoId}`;
    if (state.controls.restrictions.has(paused)) continue;
    const restriction = {
      scope: paused,
      reason: `kill switch of ${scope}: ${reason}`,
      by,
      since: now,
    };
    const { version } = book.control(state, { kind: "restrict", restriction }, now);
    book.audit(version, now, "restrict", paused, null, restriction, reason, by);
  }
  return algos;
}

function algosUnder(state: LedgerState, scope: ScopeText): string[] {
  const parsed = parseScope(scope);
  const algos = new Set<string>();
  if (parsed?.kind === "algo") algos.add(parsed.algoId);
  if (parsed?.kind === "portfolio") for (const algoId of state.controls.algos) algos.add(algoId);
  for (const { algoId, account } of state.holdings.values())
    if (parsed?.kind === "portfolio" || (parsed?.kind === "account" && parsed.account === account))
      algos.add(algoId);
  algos.delete(EXTERNAL_ALGO);
  return [...algos].sort();
}
