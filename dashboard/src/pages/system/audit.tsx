/** Who changed what, when and why, newest first. */
import { useAudit } from "../../api/queries.ts";
import { PagedTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { AuditView } from "../../../../src/contract/operations.ts";
import styles from "./system.module.css";

/** A value as it was logged; `was` marks the one that no longer holds. */
function Json({ value, was = false }: { value: unknown; was?: boolean }) {
  if (value === null || value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <div className={styles.json} title={text}>
      {was ? `was ${text}` : text}
    </div>
  );
}

const COLUMNS: Column<AuditView>[] = [
  { name: "at", header: "Time", cell: (row) => <Moment at={row.at} /> },
  { name: "by", header: "By", phone: "end", cell: (row) => row.by },
  {
    name: "action",
    header: "Action, subject",
    phone: "title",
    cell: (row) => <TwoLines first={<strong>{row.action}</strong>} second={row.subject} />,
  },
  {
    name: "before",
    header: "Before",
    phone: "wide",
    wide: false,
    cell: (row) => <Json value={row.before} />,
  },
  {
    name: "change",
    header: "Change",
    phone: "none",
    cell: (row) => (
      <TwoLines first={<Json value={row.after} />} second={<Json value={row.before} was />} />
    ),
  },
  {
    name: "after",
    header: "After",
    phone: "wide",
    wide: false,
    cell: (row) => <Json value={row.after} />,
  },
  { name: "reason", header: "Reason", wrap: true, phone: "wide", cell: (row) => row.reason ?? "" },
];

const EVERYTHING = {};

export function Audit() {
  const audit = useAudit(EVERYTHING);
  return (
    <Panel title="Audit" flush note={<StaleNote query={audit} />}>
      <PagedTable
        query={audit}
        columns={COLUMNS}
        rowName={(row) => String(row.id)}
        label="Audit"
        empty={
          <Empty title="Nothing changed yet" text="Every change by a person leaves a line here." />
        }
      />
    </Panel>
  );
}
