/** What went wrong and who has taken it on: trips, frozen instruments, trades past the platform, sessions that ended. */
import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { acknowledgeIncident, useIncidents } from "../../api/incidents.ts";
import { Badge } from "../../components/badge.tsx";
import { PagedTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { IncidentView } from "../../../../src/contract/incidents.ts";

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
    cell: ({ severity }) => (
      <Badge tone={severity === "critical" ? "bad" : "warn"}>{severity}</Badge>
    ),
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
  return (
    <Panel title="Incidents" flush note={<StaleNote query={incidents} />}>
      <FailureNote failure={take.failure} />
      <PagedTable
        query={incidents}
        columns={COLUMNS}
        rowName={({ id }) => id}
        label="Incidents"
        renderActions={({ id, title, acknowledgedAt }) =>
          acknowledgedAt === null && (
            <Button
              variant="default"
              size="compact-xs"
              aria-label={`Acknowledge ${title}`}
              loading={take.busy}
              onClick={() => void take.run(id)}
            >
              Acknowledge
            </Button>
          )
        }
        empty={
          <Empty
            icon={<IconCircleCheck size={20} stroke={1.6} />}
            title="No incident"
            text="Trips, frozen instruments and trades past the platform are told here and by every channel."
          />
        }
      />
    </Panel>
  );
}
