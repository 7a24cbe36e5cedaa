/** The tradebook: every execution, newest first. */
import { useTrades } from "../../api/queries.ts";
import { PagedTable } from "../../components/data-table.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { tradeColumns } from "./columns.tsx";

const EVERYTHING = {};

export function Tradebook() {
  const trades = useTrades(EVERYTHING);
  return (
    <div data-testid="tradebook">
      <Panel title="Tradebook" flush note={<StaleNote query={trades} />}>
        <PagedTable
          query={trades}
          columns={tradeColumns}
          rowName={(trade) => trade.executionId}
          label="Tradebook"
          empty={
            <Empty
              title="Nothing traded yet"
              text="Fills appear here once the tradebook has them."
            />
          }
        />
      </Panel>
    </div>
  );
}
