/** Exposure line by line, with the day's largest risk beside the present one. */
import { useExposure } from "../../api/queries.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Money } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { ExposureView } from "../../../../src/contract/risk.ts";
import { formatQuantity } from "../../format/number.ts";

const COLUMNS: Column<ExposureView>[] = [
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (row) => <InstrumentLink id={row.instrument} />,
  },
  { name: "algo", header: "Algo", cell: (row) => row.algoId },
  {
    name: "quantity",
    header: "Position",
    align: "right",
    cell: (row) => formatQuantity(row.quantity),
  },
  {
    name: "buys",
    header: "Open buys",
    align: "right",
    cell: (row) => formatQuantity(row.openBuyQuantity),
  },
  {
    name: "sells",
    header: "Open sells",
    align: "right",
    cell: (row) => formatQuantity(row.openSellQuantity),
  },
  {
    name: "notional",
    header: "Notional",
    align: "right",
    cell: (row) => <Money value={row.notional} />,
  },
  {
    name: "risk",
    header: "Money at risk",
    align: "right",
    phone: "end",
    cell: (row) => <Money value={row.moneyAtRisk} />,
  },
  {
    name: "most",
    header: "Most today",
    align: "right",
    cell: (row) => <Money value={row.moneyAtRiskDayMax} />,
  },
];

export function Exposure() {
  const exposure = useExposure();
  return (
    <Panel title="Exposure" flush note={<StaleNote query={exposure} />}>
      <Answer
        query={exposure}
        empty={<Empty title="No exposure" text="Nothing is held and nothing is on order." />}
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={COLUMNS}
            rowName={(row) => `${row.algoId} ${row.instrument}`}
            label="Exposure"
          />
        )}
      </Answer>
    </Panel>
  );
}
