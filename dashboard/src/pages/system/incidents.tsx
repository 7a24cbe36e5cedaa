/** What went wrong and who has taken it on: trips, frozen instruments, trades past the platform, sessions that ended. */
import { Button, Modal } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "wouter";
import { acknowledgeIncident, useIncident, useIncidents } from "../../api/incidents.ts";
import { Badge } from "../../components/badge.tsx";
import { PagedTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import form from "../../components/form.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { useOpened } from "../../components/use-opened.ts";
import { formatClock, formatFull } from "../../format/time.ts";
import { toldWords } from "../../format/told.ts";
import { placeOf } from "./incident-place.ts";
import type { IncidentDetail, IncidentView } from "../../../../src/contract/incidents.ts";

const SEVERITY_TONES = { critical: "bad", serious: "warn" } as const;

const COLUMNS: Column<IncidentView>[] = [
  { name: "time", header: "Time", cell: ({ at }) => <Moment at={at} /> },
  {
    name: "title",
    header: "Incident, about",
    phone: "title",
    wrap: true,
    cell: ({ title, account }) => <TwoLines first={<strong>{title}</strong>} second={account} />,
  },
  {
    name: "severity",
    header: "Severity",
    phone: "end",
    cell: ({ severity }) => <Badge tone={SEVERITY_TONES[severity]}>{severity}</Badge>,
  },
  { name: "message", header: "Message", wrap: true, phone: "wide", cell: ({ message }) => message },
  {
    name: "taken",
    header: "Taken on by",
    cell: ({ acknowledgedBy }) => acknowledgedBy ?? <span className="tl-quiet">nobody</span>,
  },
];

export function Incidents() {
  const incidents = useIncidents();
  const take = useAction(acknowledgeIncident);
  const opened = useOpened("incident");
  return (
    <Panel title="Incidents" flush note={<StaleNote query={incidents} />}>
      <FailureNote failure={take.failure} />
      <PagedTable
        query={incidents}
        columns={COLUMNS}
        rowName={({ id }) => id}
        label="Incidents"
        renderActions={({ id, title, acknowledgedAt }) => (
          <>
            <Button
              variant="default"
              size="compact-xs"
              aria-label={`Open ${title}`}
              onClick={() => opened.open(id)}
            >
              Open
            </Button>
            {acknowledgedAt === null && (
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Acknowledge ${title}`}
                loading={take.busy}
                onClick={() => void take.run(id)}
              >
                Acknowledge
              </Button>
            )}
          </>
        )}
        empty={
          <Empty
            icon={<IconCircleCheck size={20} stroke={1.6} />}
            title="No incident"
            text="Trips, frozen instruments and trades past the platform are told here and by every channel."
          />
        }
      />
      <Modal opened={opened.id !== null} onClose={opened.close} size="lg" title="Incident">
        {opened.id !== null && <OneIncident key={opened.id} id={opened.id} />}
      </Modal>
    </Panel>
  );
}

/** An address may name one that is not there. */
function OneIncident({ id }: { id: string }) {
  const incident = useIncident(id);
  const place = placeOf(id);
  const take = useAction(acknowledgeIncident);
  return (
    <Answer query={incident} rows={4}>
      {(detail) => (
        <div className={form.form}>
          <p className={form.lead}>
            <strong>{detail.title}</strong>{" "}
            <Badge tone={SEVERITY_TONES[detail.severity]}>{detail.severity}</Badge>
          </p>
          <p className={form.lead}>
            {formatFull(detail.at)}, about {detail.account}. {detail.message}
          </p>
          <p className={form.hint}>
            {takenWords(detail)} {toldWords(detail.sends)}
          </p>
          <FailureNote failure={take.failure} />
          <div className={form.buttons}>
            {place && (
              <Button variant="default" component={Link} href={place.path}>
                Go to {place.name}
              </Button>
            )}
            {detail.acknowledgedAt === null && (
              <Button loading={take.busy} onClick={() => void take.run(id)}>
                Acknowledge
              </Button>
            )}
          </div>
        </div>
      )}
    </Answer>
  );
}

const takenWords = ({ acknowledgedBy, acknowledgedAt }: IncidentDetail): string =>
  acknowledgedAt === null
    ? "Nobody has taken it on."
    : `Taken on by ${acknowledgedBy} at ${formatClock(acknowledgedAt)}.`;
