/** The first look: is everything well, how does the day stand, and where to go next. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useOpenOrders, useTrades } from "../../api/queries.ts";
import { DataTable, PagedTable } from "../../components/data-table.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { openOrderColumns, tradeColumns } from "../orders/columns.tsx";
import { Components } from "./components.tsx";
import { DayTiles } from "./day-tiles.tsx";
import styles from "./home.module.css";
import { Shortcuts } from "./shortcuts.tsx";

const LATEST = 6;

function MoreLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className={styles.more}>
      {children}
    </Link>
  );
}

export function HomePage() {
  return (
    <div className={styles.grid}>
      <h1 className="tl-hidden">Home</h1>
      <DayTiles />
      <div className={styles.wide}>
        <Components />
      </div>
      <div className={styles.narrow}>
        <Shortcuts />
      </div>
      <div className={styles.full}>
        <LatestOrders />
      </div>
      <div className={styles.full}>
        <LatestTrades />
      </div>
    </div>
  );
}

function LatestOrders() {
  const orders = useOpenOrders();
  return (
    <Panel
      title="Open orders"
      flush
      note={<StaleNote query={orders} />}
      actions={<MoreLink href="/orders">All orders</MoreLink>}
    >
      <Answer
        query={orders}
        empty={
          <Empty
            title="No open orders"
            text="Orders that can still trade appear here as they arrive."
          />
        }
      >
        {(rows) => (
          <DataTable
            rows={rows.slice(0, LATEST)}
            columns={openOrderColumns}
            rowName={(order) => order.clientOrderId}
            label="Latest open orders"
          />
        )}
      </Answer>
    </Panel>
  );
}

const LATEST_TRADES = { limit: LATEST } as const;

function LatestTrades() {
  const trades = useTrades(LATEST_TRADES);
  return (
    <Panel
      title="Latest executions"
      flush
      note={<StaleNote query={trades} />}
      actions={<MoreLink href="/orders/tradebook">Tradebook</MoreLink>}
    >
      <PagedTable
        query={trades}
        withMore={false}
        columns={tradeColumns}
        rowName={(trade) => trade.executionId}
        label="Latest executions"
        empty={
          <Empty title="Nothing traded yet" text="Fills appear here once the tradebook has them." />
        }
      />
    </Panel>
  );
}
