/** Signals: what algos last told each other, by topic. */
import { IconBroadcast } from "@tabler/icons-react";
import { useSignals } from "../../api/feeds.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { SignalView } from "../../../../src/contract/signals.ts";
import { formatQuantity } from "../../format/number.ts";
import styles from "./system.module.css";

const COLUMNS: Column<SignalView>[] = [
  { name: "topic", header: "Topic", phone: "title", cell: (row) => <strong>{row.topic}</strong> },
  {
    name: "value",
    header: "Last value",
    wrap: true,
    phone: "wide",
    cell: ({ value }) => <code className={styles.value}>{JSON.stringify(value)}</code>,
  },
  { name: "seq", header: "Sequence", align: "right", cell: (row) => formatQuantity(row.seq) },
  { name: "by", header: "Published by", cell: (row) => row.by },
  {
    name: "at",
    header: "Published",
    align: "right",
    phone: "end",
    cell: (row) => <Moment at={row.at} />,
  },
];

export function Signals() {
  const signals = useSignals();
  return (
    <Panel title="Signals" flush note={<StaleNote query={signals} />}>
      <Answer
        query={signals}
        rows={4}
        empty={
          <Empty
            icon={<IconBroadcast size={20} stroke={1.6} />}
            title="No signals yet"
            text="A topic appears here when an algo first publishes to it."
          />
        }
      >
        {(rows) => (
          <DataTable rows={rows} columns={COLUMNS} rowName={(row) => row.topic} label="Signals" />
        )}
      </Answer>
    </Panel>
  );
}
