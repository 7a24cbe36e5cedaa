/** How we stand with the brokers: each comparison, what is frozen, and the reports of the days. */
import { Button } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { useState } from "react";
import { runReconciliation, useReconciliations } from "../../api/reconciliation.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { plain, type Tone } from "../../format/words.ts";
import type {
  AccountReconciliation,
  ReconciliationStatus,
  ReconciliationView,
} from "../../../../src/contract/reconciliation.ts";
import { ReconciliationReport } from "./reconciliation-report.tsx";

type Check = AccountReconciliation["checks"][number] & { account: string };
type Frozen = AccountReconciliation["frozen"][number];

const RESULT_TONES: Record<Check["result"], Tone> = {
  ok: "good",
  differs: "warn",
  failed: "bad",
  not_run: "calm",
};

const STATUS_TONES: Record<ReconciliationStatus, Tone> = {
  clean: "good",
  repaired: "good",
  unresolved: "bad",
  accepted: "calm",
  failed: "bad",
};

const moment = (at: number | null) =>
  at === null ? <span className="tl-quiet">not yet</span> : <Moment at={at} />;

const CHECKS: Column<Check>[] = [
  {
    name: "kind",
    header: "Check, account",
    phone: "title",
    cell: (check) => <TwoLines first={plain(check.kind)} second={check.account} />,
  },
  {
    name: "result",
    header: "Result",
    phone: "end",
    cell: ({ result }) => <Badge tone={RESULT_TONES[result]}>{plain(result)}</Badge>,
  },
  { name: "message", header: "Last", wrap: true, phone: "wide", cell: ({ message }) => message },
  { name: "lastRunAt", header: "Ran", cell: ({ lastRunAt }) => moment(lastRunAt) },
  {
    name: "nextRunAt",
    header: "Runs again",
    cell: ({ nextRunAt }) => nextRunAt !== null && <Moment at={nextRunAt} />,
  },
];

const FROZEN: Column<Frozen>[] = [
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: ({ instrument }) => <InstrumentLink id={instrument} />,
  },
  { name: "since", header: "Since", phone: "end", cell: ({ since }) => <Moment at={since} /> },
  { name: "reason", header: "Why", wrap: true, phone: "wide", cell: ({ reason }) => reason },
];

const REPORTS: Column<ReconciliationView>[] = [
  {
    name: "day",
    header: "Day, account",
    phone: "title",
    cell: ({ day, account }) => <TwoLines first={day} second={account} />,
  },
  {
    name: "status",
    header: "Status",
    phone: "end",
    cell: ({ status }) => <Badge tone={STATUS_TONES[status]}>{plain(status)}</Badge>,
  },
  {
    name: "differences",
    header: "Differences",
    align: "right",
    cell: ({ differences, unresolved }) =>
      unresolved > 0 ? `${differences}, ${unresolved} open` : String(differences),
  },
  {
    name: "startedBy",
    header: "Asked by",
    phone: "wide",
    cell: ({ startedBy }) => plain(startedBy),
  },
  { name: "finishedAt", header: "Ran", cell: ({ finishedAt }) => <Moment at={finishedAt} /> },
  {
    name: "accepted",
    header: "Accepted",
    wrap: true,
    phone: "wide",
    cell: ({ acceptedBy, acceptedReason }) =>
      acceptedBy === null ? "" : `${acceptedBy}: ${acceptedReason ?? ""}`,
  },
];

export function Reconciliation() {
  const query = useReconciliations();
  const run = useAction(runReconciliation);
  const [open, setOpen] = useState<string | null>(null);
  const { accounts = [], wakeBlocked = false } = query.data ?? {};
  const frozen = accounts.flatMap((each) => each.frozen);
  const start = async (): Promise<void> => {
    const report = await run.run();
    if (report) setOpen(report.id);
  };
  return (
    <div className={pageStyles.stack}>
      <Panel title="Checks" flush note={<StaleNote query={query} />}>
        <Answer query={query} rows={4}>
          {(view) => (
            <DataTable
              rows={view.accounts.flatMap(({ account, checks }) =>
                checks.map((check) => ({ ...check, account })),
              )}
              columns={CHECKS}
              rowName={({ account, kind }) => `${account} ${kind}`}
              label="Checks"
            />
          )}
        </Answer>
      </Panel>
      {frozen.length > 0 && (
        <Panel title="Frozen: entries are refused, exits pass" flush>
          <DataTable
            rows={frozen}
            columns={FROZEN}
            rowName={({ instrument }) => instrument}
            label="Frozen instruments"
          />
        </Panel>
      )}
      <Panel
        title="Reports"
        flush
        note={wakeBlocked ? <Badge tone="bad">the next wake waits for a person</Badge> : undefined}
        actions={
          <Button variant="default" size="xs" loading={run.busy} onClick={() => void start()}>
            Compare now
          </Button>
        }
      >
        <FailureNote failure={run.failure} />
        <Answer query={query} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty
                icon={<IconScale size={20} stroke={1.6} />}
                title="No report yet"
                text="Each day's books are compared with the broker's after the day's end."
              />
            ) : (
              <DataTable
                rows={items}
                columns={REPORTS}
                rowName={({ id }) => id}
                label="Reports"
                renderActions={({ id }) => (
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`Open ${id}`}
                    onClick={() => setOpen(id)}
                  >
                    Open
                  </Button>
                )}
              />
            )
          }
        </Answer>
      </Panel>
      <ReconciliationReport id={open} close={() => setOpen(null)} />
    </div>
  );
}
