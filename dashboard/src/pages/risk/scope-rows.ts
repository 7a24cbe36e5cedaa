/** One row for each scope: whether it trades, and what else is laid on it. Pure. */
import type { RiskControlsView } from "../../../../src/contract/risk-controls.ts";
import type { RiskStatusView, TradingState } from "../../../../src/contract/risk.ts";

interface Mark {
  reason: string;
  by: string;
  since: number;
}

export interface ScopeRow {
  scope: string;
  kind: "portfolio" | "account" | "algo" | "instrument";
  /** Active when nobody set anything else. */
  state: TradingState;
  halt: Mark | null;
  /** Asleep, paused or blocked, by its kind; an account knows none. */
  restriction: Mark | null;
}

const KINDS = ["portfolio", "account", "algo", "instrument"] as const;

const kindOf = (scope: string): ScopeRow["kind"] =>
  KINDS.find((kind) => scope === kind || scope.startsWith(`${kind}:`)) ?? "instrument";

/** Every scope named here, and every one that something is laid on: portfolio, accounts, algos, instruments. */
export function scopeRows(
  named: readonly string[],
  states: RiskStatusView["tradingStates"],
  restrictions: RiskControlsView["restrictions"],
): ScopeRow[] {
  const scopes = new Set([
    ...named,
    ...states.map(({ scope }) => scope),
    ...restrictions.map(({ scope }) => scope),
  ]);
  const rows = [...scopes].map((scope): ScopeRow => {
    const halt = states.find((one) => one.scope === scope) ?? null;
    const restriction = restrictions.find((one) => one.scope === scope) ?? null;
    return { scope, kind: kindOf(scope), state: halt?.state ?? "active", halt, restriction };
  });
  return rows.sort(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.scope.localeCompare(b.scope),
  );
}
