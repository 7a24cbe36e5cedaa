/** What the portfolio may do now, in one word. */
import { useRisk } from "../api/queries.ts";
import type { RiskStatusView, TradingState } from "../../../src/contract/risk.ts";
import { TRADING_STATE_TONES } from "../format/words.ts";
import { Badge } from "./badge.tsx";

/** A scope that is not listed is active. */
export const portfolioState = (risk: RiskStatusView): TradingState =>
  risk.tradingStates.find((one) => one.scope === "portfolio")?.state ?? "active";

/** As the figures beside it: an old state stands back. */
const STALE_OPACITY = 0.55;

export function TradingStateBadge() {
  const risk = useRisk();
  if (risk.data === undefined) {
    return (
      <span data-testid="trading-state">
        <Badge>{risk.isError ? "unknown" : "…"}</Badge>
      </span>
    );
  }
  const state = portfolioState(risk.data);
  return (
    <span
      data-testid="trading-state"
      title="Trading state of the portfolio"
      style={{ opacity: risk.isError ? STALE_OPACITY : 1 }}
    >
      <Badge tone={TRADING_STATE_TONES[state]}>{state}</Badge>
    </span>
  );
}
