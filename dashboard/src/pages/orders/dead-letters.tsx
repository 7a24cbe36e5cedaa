/** The desk: orders whose outcome a person has to look at. */
import { IconMailOff } from "@tabler/icons-react";
import { useDeadLetters } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { PagedTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { DeadLetterView } from "../../../../src/contract/operations.ts";
import { plain } from "../../format/words.ts";

/** The intent in one line; a field that is missing is left out. */
function intentWords(intent: DeadLetterView["intent"]): string {
  const words = [intent["side"], intent["quantity"], intent["type"], intent["limitPrice"]];
  return words.filter((word) => typeof word === "string").join(" ");
}

const COLUMNS: Column<DeadLetterView>[] = [
  { name: "time", header: "Time", cell: (letter) => <Moment at={letter.createdAt} /> },
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (letter) => <InstrumentLink id={letter.instrument} />,
  },
  { name: "intent", header: "Intent", cell: (letter) => intentWords(letter.intent) },
  { name: "algo", header: "Algo", cell: (letter) => letter.algoId },
  {
    name: "label",
    header: "Outcome",
    phone: "end",
    cell: (letter) => (
      <Badge tone={letter.label === "unknown" ? "warn" : "bad"}>{plain(letter.label)}</Badge>
    ),
  },
  { name: "attempts", header: "Attempts", align: "right", cell: (letter) => letter.attempts },
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
    cell: (letter) => (
      <Badge tone={letter.status === "open" ? "bad" : "calm"}>{letter.status}</Badge>
    ),
  },
];

const EVERYTHING = {};

export function DeadLetters() {
  const letters = useDeadLetters(EVERYTHING);
  return (
    <Panel title="Dead letters" flush note={<StaleNote query={letters} />}>
      <PagedTable
        query={letters}
        columns={COLUMNS}
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
    </Panel>
  );
}
