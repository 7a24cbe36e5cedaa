/** The trips: what each watches for, what it latches, and the door to change it. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useRiskControls } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Answer, Panel, StaleNote } from "../../components/panel.tsx";
import type { TripView } from "../../../../src/contract/risk-controls.ts";
import { TRADING_STATE_TONES, TRIP_WORDS } from "../../format/words.ts";
import { firesText, switched } from "./trip-bounds.ts";
import { TripEditor } from "./trip-editor.tsx";

const COLUMNS: Column<TripView>[] = [
  {
    name: "trip",
    header: "Trip",
    phone: "title",
    cell: (row) => <strong>{TRIP_WORDS[row.trip]}</strong>,
  },
  {
    name: "on",
    header: "Switched",
    phone: "end",
    cell: (row) => <Badge tone={switched(row).tone}>{switched(row).word}</Badge>,
  },
  { name: "bounds", header: "Fires", wrap: true, phone: "wide", cell: firesText },
  {
    name: "state",
    header: "Latches",
    cell: (row) => <Badge tone={TRADING_STATE_TONES[row.state]}>{row.state}</Badge>,
  },
  {
    name: "flatten",
    header: "Flattens",
    cell: (row) => (row.flatten ? "yes" : <span className="tl-quiet">no</span>),
  },
];

export function Trips() {
  const controls = useRiskControls();
  const [edited, setEdited] = useState<TripView | null>(null);
  return (
    <Panel
      title="Trips"
      flush
      note={
        controls.isError ? (
          <StaleNote query={controls} />
        ) : (
          "each fires once, at the scope of the trouble"
        )
      }
    >
      <Answer query={controls} rows={8}>
        {({ trips }) => (
          <DataTable
            rows={trips}
            columns={COLUMNS}
            rowName={(row) => row.trip}
            label="Trips"
            renderActions={(row) => (
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Edit trip ${TRIP_WORDS[row.trip]}`}
                onClick={() => setEdited(row)}
              >
                Edit
              </Button>
            )}
          />
        )}
      </Answer>
      <TripEditor trip={edited} close={() => setEdited(null)} />
    </Panel>
  );
}
