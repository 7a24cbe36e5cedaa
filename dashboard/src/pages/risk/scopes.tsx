/** Who may trade: the portfolio, each account, algo and instrument, with the doors to stop one and to let it go on. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useRisk, useRiskControls } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { useKillSwitch } from "../../components/kill-switch.tsx";
import { Answer, Panel, StaleNote } from "../../components/panel.tsx";
import { useScopes } from "../../components/use-scopes.ts";
import { TRADING_STATE_TONES } from "../../format/words.ts";
import { RegisterAlgo } from "./register-algo.tsx";
import { RestrictionEditor, type RestrictionDraft } from "./restriction-form.tsx";
import { scopeRows, type ScopeRow } from "./scope-rows.ts";
import { StateEditor } from "./state-form.tsx";

/** What is laid on a scope of each kind, and the words for laying it down and lifting it. */
const RESTRICTION_WORDS = {
  portfolio: { state: "asleep", lay: "Sleep", lift: "Wake" },
  algo: { state: "paused", lay: "Pause", lift: "Resume" },
  instrument: { state: "blocked", lay: "Block", lift: "Unblock" },
} as const;

const COLUMNS: Column<ScopeRow>[] = [
  { name: "scope", header: "Scope", phone: "title", cell: (row) => <strong>{row.scope}</strong> },
  {
    name: "state",
    header: "Trading",
    phone: "end",
    cell: ({ state, kind, restriction }) => (
      <>
        <Badge tone={TRADING_STATE_TONES[state]}>{state}</Badge>{" "}
        {restriction && kind !== "account" && (
          <Badge tone="warn">{RESTRICTION_WORDS[kind].state}</Badge>
        )}
      </>
    ),
  },
  {
    name: "reason",
    header: "Why",
    wrap: true,
    phone: "wide",
    cell: ({ halt, restriction }) => {
      const mark = halt ?? restriction;
      return mark && <TwoLines first={mark.reason} second={mark.by} />;
    },
  },
  {
    name: "since",
    header: "Since",
    align: "right",
    cell: ({ halt, restriction }) => {
      const mark = halt ?? restriction;
      return mark && <Moment at={mark.since} />;
    },
  },
];

export function Scopes() {
  const risk = useRisk();
  const controls = useRiskControls();
  const { accounts, algos } = useScopes();
  const [restriction, setRestriction] = useState<RestrictionDraft | null>(null);
  const [state, setState] = useState<ScopeRow | null>(null);
  const openKillSwitch = useKillSwitch();
  const named = [
    "portfolio",
    ...accounts.map((id) => `account:${id}`),
    ...algos.map((id) => `algo:${id}`),
  ];
  const renderActions = (row: ScopeRow) => (
    <>
      <Button
        variant="default"
        size="compact-xs"
        aria-label={`${row.state === "active" ? "Only reduce" : "Let trade"} ${row.scope}`}
        onClick={() =>
          row.state === "halted"
            ? openKillSwitch({ mode: "resume", scope: row.scope })
            : setState(row)
        }
      >
        {row.state === "active" ? "Only reduce" : "Let trade"}
      </Button>
      {row.kind !== "account" && <RestrictButton row={row} kind={row.kind} open={setRestriction} />}
    </>
  );
  return (
    <Panel
      title="Who may trade"
      flush
      note={<StaleNote query={risk.isError ? risk : controls} />}
      actions={
        <>
          <RegisterAlgo />
          <Button
            variant="default"
            size="xs"
            onClick={() =>
              setRestriction({ scope: "instrument:", verb: "Block", isOpen: true, lift: false })
            }
          >
            Block an instrument
          </Button>
        </>
      }
    >
      <Answer query={controls} rows={4}>
        {({ restrictions }) => (
          <Answer query={risk} rows={4}>
            {({ tradingStates }) => (
              <DataTable
                rows={scopeRows(named, tradingStates, restrictions)}
                columns={COLUMNS}
                rowName={(row) => row.scope}
                label="Who may trade"
                renderActions={renderActions}
              />
            )}
          </Answer>
        )}
      </Answer>
      <RestrictionEditor draft={restriction} close={() => setRestriction(null)} />
      <StateEditor row={state} close={() => setState(null)} />
    </Panel>
  );
}

interface RestrictButtonProps {
  row: ScopeRow;
  kind: Exclude<ScopeRow["kind"], "account">;
  open: (draft: RestrictionDraft) => void;
}

function RestrictButton({ row: { scope, restriction }, kind, open }: RestrictButtonProps) {
  const lift = restriction !== null;
  const verb = lift ? RESTRICTION_WORDS[kind].lift : RESTRICTION_WORDS[kind].lay;
  return (
    <Button
      variant="default"
      size="compact-xs"
      aria-label={`${verb} ${scope}`}
      onClick={() => open({ scope, verb, lift, isOpen: false })}
    >
      {verb}
    </Button>
  );
}
