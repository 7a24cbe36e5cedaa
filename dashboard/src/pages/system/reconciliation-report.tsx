/** One report: every difference with both sides, the positions three ways, and a person's acceptance. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import {
  acceptReconciliation,
  useReconciliation,
  useReconciliations,
} from "../../api/reconciliation.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import form from "../../components/form.module.css";
import { Answer } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { plain, type Tone } from "../../format/words.ts";
import {
  freedBy,
  waitsForPerson,
  type DifferenceView,
  type PositionComparison,
  type ReconciliationDetail,
} from "../../../../src/contract/reconciliation.ts";

const OUTCOME_TONES: Record<DifferenceView["outcome"], Tone> = {
  repaired: "good",
  noted: "calm",
  unresolved: "bad",
};

const DIFFERENCES: Column<DifferenceView>[] = [
  {
    name: "kind",
    header: "What, where",
    phone: "title",
    cell: ({ kind, subject }) => <TwoLines first={plain(kind)} second={subject} />,
  },
  {
    name: "outcome",
    header: "Outcome",
    phone: "end",
    cell: ({ outcome }) => <Badge tone={OUTCOME_TONES[outcome]}>{plain(outcome)}</Badge>,
  },
  { name: "ours", header: "Ours", cell: ({ ours }) => ours ?? "none" },
  { name: "theirs", header: "The broker's", cell: ({ theirs }) => theirs ?? "none" },
  { name: "message", header: "In words", wrap: true, phone: "wide", cell: (row) => row.message },
];

const POSITIONS: Column<PositionComparison>[] = [
  { name: "instrument", header: "Instrument", phone: "title", cell: (row) => row.instrument },
  { name: "opening", header: "Opening", align: "right", cell: (row) => row.opening },
  { name: "ours", header: "Ours", align: "right", cell: (row) => row.ours },
  {
    name: "executions",
    header: "By the broker's executions",
    align: "right",
    phone: "wide",
    cell: (row) => row.byBrokerExecutions,
  },
  {
    name: "position",
    header: "The broker's position",
    align: "right",
    phone: "wide",
    cell: (row) => row.brokerPosition,
  },
];

export function ReconciliationReport({ id, close }: { id: string | null; close: () => void }) {
  const query = useReconciliation(id);
  return (
    <Modal opened={id !== null} onClose={close} title="Reconciliation" size="xl">
      <Answer query={query} rows={6}>
        {(detail) => <Content detail={detail} close={close} />}
      </Answer>
    </Modal>
  );
}

function Content({ detail, close }: { detail: ReconciliationDetail; close: () => void }) {
  const { report } = detail;
  const { accounts = [] } = useReconciliations().data ?? {};
  const frozen = accounts.flatMap((each) => (each.account === detail.account ? each.frozen : []));
  return (
    <div className={form.form}>
      <Facts
        facts={[
          { name: "Day", value: detail.day },
          { name: "Status", value: plain(detail.status) },
          { name: "Our executions", value: report.executions.ours },
          { name: "The broker's executions", value: report.executions.theirs },
          ...(report.openOrders
            ? [
                { name: "Our open orders", value: report.openOrders.ours },
                { name: "Open at the broker", value: report.openOrders.theirs },
              ]
            : []),
        ]}
      />
      {report.failure !== null && (
        <p className={form.lead}>Nothing was compared and nothing changed: {report.failure}</p>
      )}
      {report.differences.every(({ outcome }) => outcome === "noted") &&
        report.failure === null && <p className={form.lead}>Both sides agree.</p>}
      {report.differences.length > 0 && (
        <DataTable
          rows={report.differences}
          columns={DIFFERENCES}
          rowName={({ kind, subject }) => `${kind} ${subject}`}
          label="Differences"
        />
      )}
      {report.positions.length > 0 && (
        <DataTable
          rows={report.positions}
          columns={POSITIONS}
          rowName={({ instrument }) => instrument}
          label="Positions three ways"
        />
      )}
      {waitsForPerson(detail, frozen) && (
        <Accept id={detail.id} freed={freedBy(detail, frozen)} close={close} />
      )}
    </div>
  );
}

interface AcceptProps {
  id: string;
  /** What it lets trade again. */
  freed: readonly { instrument: string }[];
  close: () => void;
}

function Accept({ id, freed, close }: AcceptProps) {
  const [reason, setReason] = useState("");
  const accept = useAction(acceptReconciliation);
  const ready = reason.trim().length >= 3;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (ready && (await accept.run(id, reason.trim())) !== null) close();
  };
  return (
    <form className={form.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Reason"
        description={`Why the day may stand as it is. ${freedWords(freed)}Goes into the audit log, with your name.`}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autoComplete="off"
      />
      <FailureNote failure={accept.failure} />
      <div className={form.buttons}>
        <Button type="submit" disabled={!ready} loading={accept.busy}>
          Accept the report
        </Button>
      </div>
    </form>
  );
}

function freedWords(freed: AcceptProps["freed"]): string {
  const names = freed.map(({ instrument }) => instrument);
  if (names.length === 0) return "";
  return `${names.join(", ")} ${names.length === 1 ? "trades" : "trade"} again. `;
}
