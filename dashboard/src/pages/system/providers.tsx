/** Providers: which one each instrument's ticks come from, in what order they stand, and every switch with its cause. */
import { Button } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useState } from "react";
import { useProviders, useSwitches } from "../../api/feeds.ts";
import { Badge, Dot } from "../../components/badge.tsx";
import { DataTable, PagedTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { ProvidersView, ProviderSwitchView } from "../../../../src/contract/providers.ts";
import { formatQuantity } from "../../format/number.ts";
import { plain, PROVIDER_TONES } from "../../format/words.ts";
import { RankProviders } from "./rank-providers.tsx";
import styles from "./system.module.css";

const COLUMNS: Column<ProvidersView>[] = [
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (row) => <InstrumentLink id={row.instrument} />,
  },
  {
    name: "active",
    header: "Active",
    phone: "end",
    cell: ({ active }) =>
      active === null ? <Badge tone="bad">all down</Badge> : <Badge tone="good">{active}</Badge>,
  },
  {
    name: "providers",
    header: "Providers, best first",
    phone: "wide",
    cell: ({ providers }) => (
      <span className={styles.ranks}>
        {providers.map(({ provider, state }) => (
          <span key={provider} className={styles.rank}>
            <Dot tone={PROVIDER_TONES[state]} /> {provider}{" "}
            <span className="tl-quiet">{plain(state)}</span>
          </span>
        ))}
      </span>
    ),
  },
  {
    name: "order",
    header: "Order",
    cell: ({ order }) =>
      order === "override" ? "its own" : <span className="tl-quiet">default</span>,
  },
  { name: "term", header: "Switches", align: "right", cell: ({ term }) => formatQuantity(term) },
  {
    name: "switched",
    header: "Last switch",
    align: "right",
    cell: ({ switchedAt }) =>
      switchedAt === null ? <span className="tl-quiet">never</span> : <Moment at={switchedAt} />,
  },
];

const KINDS = {
  switch: { word: "switched", tone: "busy" },
  down: { word: "all down", tone: "bad" },
  up: { word: "back", tone: "good" },
} as const;

const SWITCHES: Column<ProviderSwitchView>[] = [
  { name: "at", header: "When", phone: "end", cell: (row) => <Moment at={row.at} /> },
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (row) => <InstrumentLink id={row.instrument} />,
  },
  {
    name: "kind",
    header: "What",
    cell: ({ kind }) => <Badge tone={KINDS[kind].tone}>{KINDS[kind].word}</Badge>,
  },
  { name: "from", header: "From", cell: (row) => row.from },
  { name: "to", header: "To", cell: (row) => row.to ?? "" },
  { name: "cause", header: "Cause", cell: ({ cause }) => (cause === null ? "" : plain(cause)) },
];

export function Providers() {
  const providers = useProviders();
  const [ranked, setRanked] = useState<ProvidersView | null>(null);
  return (
    <div className={pageStyles.stack}>
      <Panel title="Providers" flush note={<StaleNote query={providers} />}>
        <Answer
          query={providers}
          rows={6}
          empty={
            <Empty
              title="Nothing is followed"
              text="An instrument is listed while an algo, a watchlist or the ledger gets it."
            />
          }
        >
          {(rows) => (
            <DataTable
              rows={rows}
              columns={COLUMNS}
              rowName={(row) => row.instrument}
              label="Providers"
              renderActions={(row) => (
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Rank providers of ${row.instrument}`}
                  onClick={() => setRanked(row)}
                >
                  Rank
                </Button>
              )}
            />
          )}
        </Answer>
      </Panel>
      <Switches />
      <RankProviders view={ranked} close={() => setRanked(null)} />
    </div>
  );
}

function Switches() {
  const switches = useSwitches();
  return (
    <Panel title="Switches" flush note={<StaleNote query={switches} />}>
      <PagedTable
        query={switches}
        columns={SWITCHES}
        rowName={({ id }) => String(id)}
        label="Switches"
        empty={
          <Empty
            icon={<IconArrowsExchange size={20} stroke={1.6} />}
            title="No switch yet"
            text="Every instrument still comes from the provider it began with."
          />
        }
      />
    </Panel>
  );
}
