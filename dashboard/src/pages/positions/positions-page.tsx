/** What is held, by algo and instrument, what it has made, and the way out of it. */
import { Button } from "@mantine/core";
import { IconBriefcaseOff } from "@tabler/icons-react";
import { useState } from "react";
import { usePositions } from "../../api/queries.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Profit, Unknown } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { PositionView } from "../../../../src/contract/orders.ts";
import { formatPrice, formatQuantity, signOf } from "../../format/number.ts";
import { groupBy, sum } from "../../format/totals.ts";
import { Balances } from "./balances.tsx";
import { CloseAll } from "./close-all.tsx";
import { ClosePosition } from "./close-position.tsx";

const price = (value: string | null) => (value === null ? <Unknown /> : formatPrice(value));

const COLUMNS: Column<PositionView>[] = [
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (position) => <InstrumentLink id={position.instrument} />,
  },
  { name: "account", header: "Account", cell: (position) => position.account },
  {
    name: "quantity",
    header: "Quantity",
    align: "right",
    cell: (position) => (
      <>
        {formatQuantity(position.quantity)}{" "}
        <span className="tl-quiet">
          {{ [-1]: "short", 0: "flat", 1: "long" }[signOf(position.quantity)]}
        </span>
      </>
    ),
  },
  {
    name: "average",
    header: "Average",
    align: "right",
    cell: (position) => price(position.averagePrice),
  },
  { name: "mark", header: "Mark", align: "right", cell: (position) => price(position.markPrice) },
  {
    name: "unrealised",
    header: "Unrealised",
    align: "right",
    phone: "end",
    cell: (position) => <Profit value={position.unrealisedProfit} />,
  },
  {
    name: "realised",
    header: "Realised",
    align: "right",
    cell: (position) => <Profit value={position.realisedProfit} />,
  },
  { name: "currency", header: "Currency", cell: (position) => position.currency },
];

export default function PositionsPage() {
  return (
    <div className={pageStyles.stack}>
      <h1 className="tl-hidden">Positions</h1>
      <Positions />
      <Balances />
    </div>
  );
}

function Positions() {
  const positions = usePositions();
  const [closing, setClosing] = useState<PositionView | null>(null);
  const held = (positions.data ?? []).filter(({ quantity }) => signOf(quantity) !== 0);
  return (
    <Panel
      title="Positions"
      flush
      note={<StaleNote query={positions} />}
      actions={<CloseAll count={held.length} />}
    >
      <Answer
        query={positions}
        rows={6}
        empty={
          <Empty
            icon={<IconBriefcaseOff size={20} stroke={1.6} />}
            title="Nothing is held"
            text="Positions appear with the first fill, one line for each algo and instrument."
          />
        }
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={COLUMNS}
            renderActions={(position) =>
              signOf(position.quantity) === 0 ? null : (
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Close ${position.instrument} of ${position.algoId}`}
                  onClick={() => setClosing(position)}
                >
                  Close
                </Button>
              )
            }
            rowName={(row) => `${row.algoId} ${row.account} ${row.instrument}`}
            label="Positions"
            groupOf={(row) => row.algoId}
            renderGroup={(algoId, group) => <AlgoHeading algoId={algoId} rows={group} />}
          />
        )}
      </Answer>
      <ClosePosition position={closing} close={() => setClosing(null)} />
    </Panel>
  );
}

/** Profit of one algo, by currency: amounts of different currencies are not added up. */
function AlgoHeading({ algoId, rows }: { algoId: string; rows: readonly PositionView[] }) {
  const byCurrency = [...groupBy(rows, (row) => row.currency)];
  return (
    <span className={pageStyles.groupLine}>
      {algoId}
      <span className={pageStyles.groupTotals}>
        {byCurrency.map(([currency, group], index) => (
          <span key={currency}>
            {index > 0 && ", "}
            <Profit
              value={sum(
                group.flatMap(({ unrealisedProfit, realisedProfit }) => [
                  unrealisedProfit,
                  realisedProfit,
                ]),
              )}
            />{" "}
            <span className="tl-quiet">{currency}</span>
          </span>
        ))}
      </span>
    </span>
  );
}
