/** The limits that are set, and the door to change them. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useLimits } from "../../api/queries.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { LimitView } from "../../../../src/contract/risk.ts";
import { LIMIT_WORDS } from "../../format/words.ts";
import { LimitEditor, type LimitDraft } from "./limit-editor.tsx";
import { LimitValue } from "./limit-value.tsx";

const COLUMNS: Column<LimitView>[] = [
  {
    name: "name",
    header: "Limit",
    phone: "title",
    cell: (limit) => LIMIT_WORDS[limit.name].label,
  },
  {
    name: "value",
    header: "Value",
    align: "right",
    phone: "end",
    cell: ({ name, value }) => <LimitValue name={name} value={value} />,
  },
  { name: "by", header: "Set by", phone: "none", cell: (limit) => limit.changedBy },
  {
    name: "at",
    header: "Set",
    phone: "none",
    cell: (limit) => (limit.changedAt === 0 ? "" : <Moment at={limit.changedAt} />),
  },
];

const NEW: LimitDraft = {
  scope: "portfolio",
  name: "moneyAtRiskPortfolio",
  value: "",
  isNew: true,
};

export function Limits() {
  const limits = useLimits();
  const [draft, setDraft] = useState<LimitDraft | null>(null);
  return (
    <Panel
      title="Limits"
      flush
      note={limits.isError ? <StaleNote query={limits} /> : "the tightest wins"}
      actions={
        <Button variant="default" size="xs" onClick={() => setDraft(NEW)}>
          Set a limit
        </Button>
      }
    >
      <Answer
        query={limits}
        rows={6}
        empty={
          <Empty title="No limits set" text="Set one before an algo trades with real money." />
        }
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={COLUMNS}
            renderActions={({ scope, name, value }) => (
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Edit ${LIMIT_WORDS[name].label} of ${scope}`}
                onClick={() => setDraft({ scope, name, value, isNew: false })}
              >
                Edit
              </Button>
            )}
            rowName={(row) => `${row.scope} ${row.name}`}
            label="Limits"
            groupOf={(row) => row.scope}
            renderGroup={(scope) => scope}
          />
        )}
      </Answer>
      <LimitEditor draft={draft} close={() => setDraft(null)} />
    </Panel>
  );
}
