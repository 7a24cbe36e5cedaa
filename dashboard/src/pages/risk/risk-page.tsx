/** Risk: what could be lost, where, under which limits, and how that has been. */
import { useRisk } from "../../api/queries.ts";
import { Facts } from "../../components/facts.tsx";
import { Money, Profit } from "../../components/figures.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Panel, StaleNote } from "../../components/panel.tsx";
import type { RiskStatusView } from "../../../../src/contract/risk.ts";
import { Binding } from "./binding.tsx";
import { Exposure } from "./exposure.tsx";
import { Lease } from "./lease.tsx";
import { Limits } from "./limits.tsx";
import { RiskHistory } from "./risk-history.tsx";
import { RiskMap } from "./risk-map.tsx";
import { Scopes } from "./scopes.tsx";
import { Trips } from "./trips.tsx";

export default function RiskPage() {
  const risk = useRisk();
  return (
    <div className={pageStyles.stack}>
      <h1 className="tl-hidden">Risk</h1>
      <Panel
        title={`Portfolio ${risk.data?.portfolio ?? ""}`}
        note={risk.isError ? <StaleNote query={risk} /> : risk.data && standing(risk.data)}
      >
        <Answer query={risk} rows={2}>
          {(data) => <Facts facts={figures(data)} />}
        </Answer>
      </Panel>
      <Scopes />
      <div className={pageStyles.pair}>
        <RiskMap />
        <RiskHistory />
      </div>
      <Exposure />
      <Limits />
      <Binding />
      <Trips />
      <Lease />
    </div>
  );
}

const standing = ({ baseCurrency, tradingStates }: RiskStatusView): string =>
  tradingStates.length === 0 ? `in ${baseCurrency}, every scope active` : `in ${baseCurrency}`;

function figures(risk: RiskStatusView) {
  return [
    { name: "Money at risk", value: <Money value={risk.moneyAtRisk} /> },
    { name: "Day profit", value: <Profit value={risk.dayProfit} /> },
    { name: "Equity", value: <Money value={risk.equity} /> },
    { name: "Drawdown", value: <Money value={risk.drawdown} /> },
    { name: "Gross exposure", value: <Money value={risk.grossExposure} /> },
    { name: "Net exposure", value: <Money value={risk.netExposure} /> },
  ];
}
