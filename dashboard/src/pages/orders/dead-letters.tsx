/** The desk: orders whose outcome a person has to look at. */
import { Button } from "@mantine/core";
import { IconMailOff } from "@tabler/icons-react";
import { useDeadLetters } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { PagedTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Age, Moment } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { useOpened } from "../../components/use-opened.ts";
import type { DeadLetterView } from "../../../../src/contract/operations.ts";
import { plain } from "../../format/words.ts";
import { WorkLetter } from "./work-letter.tsx";

/** The intent in one line; a field that is missing is left out. */
function intentWords(intent: DeadLetterView["intent"]): string {
  const words = [intent["side"], intent["quantity"], intent["type"], intent["limitPrice"]];
  return words.filter((word) => typeof word === "string").join(" ");
}

function StatusBadge({ letter: { status, acknowledgedAt } }: { letter: DeadLetterView }) {
  if (status === "closed") return <Badge tone="calm">closed</Badge>;
  return acknowledgedAt === null ? (
    <Badge tone="bad">open</Badge>
  ) : (
    <Badge tone="busy">acknowledged</Badge>
  );
}

const COLUMNS: Column<DeadLetterView>[] = [
  {
    name: "time",
    header: "Time, age",
    cell: (letter) => (
      <TwoLines
        first={<Moment at={letter.createdAt} />}
        second={letter.status === "open" ? <Age at={letter.createdAt} /> : ""}
      />
    ),
  },
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (letter) => <InstrumentLink id={letter.instrument} />,
  },
  {
    name: "intent",
    header: "Intent, algo",
    cell: (letter) => <TwoLines first={intentWords(letter.intent)} second={letter.algoId} />,
  },
  {
    name: "label",
    header: "Outcome",
    phone: "end",
    cell: (letter) => (
      <Badge tone={letter.label === "unknown" ? "warn" : "bad"}>{plain(letter.label)}</Badge>
    ),
  },
  {
    name: "reason",
    header: "Reason",
    wrap: true,
    phone: "wide",
    cell: (letter) => letter.reason,
  },
  {
    name: "status",
    header: "Status",
    cell: (letter) => <StatusBadge letter={letter} />,
  },
];

const EVERYTHING = {};

export function DeadLetters() {
  const letters = useDeadLetters(EVERYTHING);
  const working = useOpened("letter");
  return (
    <Panel title="Dead letters" flush note={<StaleNote query={letters} />}>
      <PagedTable
        query={letters}
        columns={COLUMNS}
        renderActions={(letter) => (
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`Open ${letter.clientOrderId}`}
            onClick={() => working.open(letter.clientOrderId)}
          >
            Open
          </Button>
        )}
        rowName={(letter) => letter.clientOrderId}
        label="Dead letters"
        empty={
          <Empty
            icon={<IconMailOff size={20} stroke={1.6} />}
            title="The desk is clear"
            text="An order that could not be sent, or whose outcome stays unknown, is laid here for a person."
          />
        }
      />
      <WorkLetter id={working.id} close={working.close} />
    </Panel>
  );
}
