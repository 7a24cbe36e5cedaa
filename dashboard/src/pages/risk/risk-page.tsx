/** Risk: what could be lost, where, under which limits, and how that has been. */
import { useRisk } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { Facts } from "../../components/facts.tsx";
import { Moment, Money, Profit } from "../../components/figures.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Panel, StaleNote } from "../../components/panel.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import type { RiskStatusView } from "../../../../src/contract/risk.ts";
import { TRADING_STATE_TONES } from "../../format/words.ts";
import { Binding } from "./binding.tsx";
import { Controls } from "./controls.tsx";
import { Exposure } from "./exposure.tsx";
import { Limits } from "./limits.tsx";
import { RiskHistory } from "./risk-history.tsx";
import { RiskMap } from "./risk-map.tsx";

type TradingStateRow = RiskStatusView["tradingStates"][number];

const STATE_COLUMNS: Column<TradingStateRow>[] = [
  { name: "scope", header: "Scope", phone: "title", cell: (row) => <strong>{row.scope}</strong> },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: (row) => <Badge tone={TRADING_STATE_TONES[row.state]}>{row.state}</Badge>,
  },
  { name: "since", header: "Since", cell: (row) => <Moment at={row.since} /> },
  { name: "by", header: "By", cell: (row) => row.by },
  { name: "reason", header: "Reason", wrap: true, phone: "wide", cell: (row) => row.reason },
];

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
      {risk.data && risk.data.tradingStates.length > 0 && (
        <Panel title="Trading states" flush>
          <DataTable
            rows={risk.data.tradingStates}
            columns={STATE_COLUMNS}
            rowName={(row) => row.scope}
            label="Trading states"
          />
        </Panel>
      )}
      <Controls />
      <div className={pageStyles.pair}>
        <RiskMap />
        <RiskHistory />
      </div>
      <Limits />
      <Binding />
      <Exposure />
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
