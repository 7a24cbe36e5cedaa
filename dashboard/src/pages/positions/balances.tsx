/** Balances of each account as its broker says them. */
import { useBalances } from "../../api/queries.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Age, Money } from "../../components/figures.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { BalanceView } from "../../../../src/contract/orders.ts";

const COLUMNS: Column<BalanceView>[] = [
  { name: "account", header: "Account", phone: "title", cell: (balance) => balance.account },
  { name: "currency", header: "Currency", phone: "title", cell: (balance) => balance.currency },
  {
    name: "available",
    header: "Available",
    align: "right",
    cell: (balance) => <Money value={balance.available} />,
  },
  {
    name: "total",
    header: "Total",
    align: "right",
    phone: "end",
    cell: (balance) => <Money value={balance.total} />,
  },
  { name: "asOf", header: "Read", align: "right", cell: (balance) => <Age at={balance.asOf} /> },
];

export function Balances() {
  const balances = useBalances();
  return (
    <Panel title="Balances" flush note={<StaleNote query={balances} />}>
      <Answer
        query={balances}
        rows={2}
        empty={<Empty title="No balances" text="The broker has not reported any money yet." />}
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={COLUMNS}
            rowName={(row) => `${row.account} ${row.currency}`}
            label="Balances"
          />
        )}
      </Answer>
    </Panel>
  );
}
