/** What sleeps, is paused or is blocked, with the door to lay one down and to lift it; the trips; the lease. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { restrict } from "../../api/actions.ts";
import { useRiskControls } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import formStyles from "../../components/form.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { RiskControlsView, TripView } from "../../../../src/contract/risk-controls.ts";
import { TRADING_STATE_TONES, TRIP_WORDS } from "../../format/words.ts";

type Restriction = RiskControlsView["restrictions"][number];

interface Draft {
  scope: string;
  lift: boolean;
}

const wordOf = (scope: string): string =>
  scope === "portfolio" ? "asleep" : scope.startsWith("algo:") ? "paused" : "blocked";

const COLUMNS: Column<Restriction>[] = [
  { name: "scope", header: "Scope", phone: "title", cell: (row) => <strong>{row.scope}</strong> },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: (row) => <Badge tone="warn">{wordOf(row.scope)}</Badge>,
  },
  { name: "since", header: "Since", cell: (row) => <Moment at={row.since} /> },
  { name: "by", header: "By", cell: (row) => row.by },
  { name: "reason", header: "Reason", wrap: true, phone: "wide", cell: (row) => row.reason },
];

const TRIP_COLUMNS: Column<TripView>[] = [
  { name: "trip", header: "Trip", phone: "title", cell: (row) => TRIP_WORDS[row.trip] },
  {
    name: "on",
    header: "Switched",
    phone: "end",
    cell: (row) => <Badge tone={row.on ? "good" : "calm"}>{row.on ? "on" : "off"}</Badge>,
  },
  {
    name: "state",
    header: "Latches",
    cell: (row) => <Badge tone={TRADING_STATE_TONES[row.state]}>{row.state}</Badge>,
  },
  { name: "flatten", header: "Flattens", cell: (row) => (row.flatten ? "yes" : "no") },
  { name: "bounds", header: "Bounds", wrap: true, phone: "wide", cell: boundsOf },
];

function boundsOf({ bounds }: TripView): string {
  const set = Object.entries(bounds).map(([name, value]) => `${name} ${value ?? "not named"}`);
  return set.length > 0 ? set.join(", ") : "the limits";
}

export function Controls() {
  const controls = useRiskControls();
  const [draft, setDraft] = useState<Draft | null>(null);
  const lease = controls.data?.lease;
  return (
    <>
      <Panel
        title="Asleep, paused and blocked"
        flush
        note={
          controls.isError ? (
            <StaleNote query={controls} />
          ) : (
            lease && `lease of ${lease.region}, epoch ${lease.epoch}`
          )
        }
        actions={
          <Button
            variant="default"
            size="xs"
            onClick={() => setDraft({ scope: "algo:", lift: false })}
          >
            Restrict
          </Button>
        }
      >
        <Answer query={controls} rows={2}>
          {({ restrictions }) =>
            restrictions.length === 0 ? (
              <Empty title="Nothing is restricted" text="Every algo and instrument may trade." />
            ) : (
              <DataTable
                rows={restrictions}
                columns={COLUMNS}
                rowName={(row) => row.scope}
                label="Restrictions"
                renderActions={({ scope }) => (
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`Lift ${scope}`}
                    onClick={() => setDraft({ scope, lift: true })}
                  >
                    Lift
                  </Button>
                )}
              />
            )
          }
        </Answer>
        <Modal
          opened={draft !== null}
          onClose={() => setDraft(null)}
          title={draft?.lift ? "Lift a restriction" : "Restrict"}
        >
          {draft && <RestrictionForm draft={draft} close={() => setDraft(null)} />}
        </Modal>
      </Panel>
      <Panel title="Trips" flush note="each fires once, at the scope of the trouble">
        <Answer query={controls} rows={8}>
          {({ trips }) => (
            <DataTable
              rows={trips}
              columns={TRIP_COLUMNS}
              rowName={(row) => row.trip}
              label="Trips"
            />
          )}
        </Answer>
      </Panel>
    </>
  );
}

function RestrictionForm({ draft, close }: { draft: Draft; close: () => void }) {
  const [scope, setScope] = useState(draft.scope);
  const [reason, setReason] = useState("");
  const change = useAction(restrict);
  const ready = reason.trim().length >= 3 && scope.trim() !== "";
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    if ((await change.run(scope.trim(), reason.trim(), draft.lift)) !== null) close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Scope"
        value={scope}
        disabled={draft.lift}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setScope(event.currentTarget.value)}
        data-autofocus={draft.lift ? undefined : true}
      />
      {!draft.lift && (
        <span className={formStyles.hint}>
          portfolio sleeps and takes only cancels; algo:momentum is paused and instrument:NSE:INFY
          is blocked, both may still be closed.
        </span>
      )}
      <TextInput
        label="Reason"
        description="Goes into the audit log."
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus={draft.lift ? true : undefined}
      />
      <FailureNote failure={change.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={change.busy} disabled={!ready}>
          {draft.lift ? "Lift" : "Restrict"}
        </Button>
      </div>
    </form>
  );
}
