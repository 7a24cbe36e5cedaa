/** How good the data of each followed instrument is: what needs a look stands first. */
import { Button, Modal, Select } from "@mantine/core";
import { IconActivity } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useQuality } from "../../api/quality.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Unknown } from "../../components/figures.tsx";
import { Meter } from "../../components/meter.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import type { QualityState, QualityView } from "../../../../src/contract/quality.ts";
import { formatCompact, formatQuantity } from "../../format/number.ts";
import { plain, QUALITY_TONES } from "../../format/words.ts";
import { trendPath } from "../market/trend-path.ts";
import { CleaningRules } from "./cleaning-rules.tsx";
import { droppedIn, type QualitySort, sortQuality } from "./quality-order.ts";
import styles from "./system.module.css";

/** Reads that the small plots look back on: a minute. */
const READS_KEPT = 30;
const PLOT = { width: 76, height: 20 };

const SORTS: { value: QualitySort; label: string }[] = [
  { value: "worst", label: "Worst first" },
  { value: "instrument", label: "Instrument" },
  { value: "age", label: "Oldest data first" },
  { value: "dropped", label: "Most dropped first" },
  { value: "gaps", label: "Most gaps first" },
];

const STATES: { value: QualityState | "all"; label: string }[] = [
  { value: "all", label: "All states" },
  { value: "stale", label: "Stale" },
  { value: "invalid_book", label: "Invalid book" },
  { value: "unknown", label: "Unknown" },
  { value: "fresh", label: "Fresh" },
  { value: "closed", label: "Closed" },
];

const nameOf = (row: QualityView): string => `${row.instrument} ${row.provider} ${row.shard}`;

const milliseconds = (value: number): string =>
  value < 10_000 ? `${Math.round(value)} ms` : `${Math.round(value / 1_000)} s`;

/** Ticks that came between two reads, for as long as the page is open. */
function useArrivals(rows: readonly QualityView[] | undefined) {
  const seen = useRef(new Map<string, { ticks: number; came: number[] }>());
  useEffect(() => {
    for (const row of rows ?? []) {
      const before = seen.current.get(nameOf(row));
      const came = before ? [...before.came, Math.max(0, row.ticks - before.ticks)] : [];
      seen.current.set(nameOf(row), { ticks: row.ticks, came: came.slice(-READS_KEPT) });
    }
  }, [rows]);
  return (row: QualityView): readonly number[] => seen.current.get(nameOf(row))?.came ?? [];
}

function Arrivals({ came }: { came: readonly number[] }) {
  const path = trendPath([0, ...came], PLOT.width, PLOT.height);
  if (path === null || came.length < 2) return <Unknown />;
  return (
    <svg {...PLOT} role="img" aria-label={`${came.at(-1) ?? 0} ticks since the last read`}>
      <path d={path} fill="none" stroke="var(--tl-ink-3)" strokeWidth="1.3" />
    </svg>
  );
}

const wordsOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${plain(name)} ${formatQuantity(count)}`)
    .join(", ");

const columnsOf = (arrivals: (row: QualityView) => readonly number[]): Column<QualityView>[] => [
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (row) => <TwoLines first={<strong>{row.instrument}</strong>} second={row.provider} />,
  },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: (row) => <Badge tone={QUALITY_TONES[row.state]}>{plain(row.state)}</Badge>,
  },
  {
    name: "age",
    header: "Age, of what makes it stale",
    phone: "wide",
    cell: (row) =>
      row.ageMs === null ? (
        <Unknown />
      ) : (
        <Meter
          value={row.ageMs / row.staleAfterMs}
          label={`of ${milliseconds(row.staleAfterMs)}`}
          name={`Age of ${row.instrument}`}
        />
      ),
  },
  {
    name: "arrivals",
    header: "Arrivals",
    cell: (row) => <Arrivals came={arrivals(row)} />,
  },
  {
    name: "interval",
    header: "Usual interval",
    align: "right",
    cell: (row) => (row.intervalMs === null ? <Unknown /> : milliseconds(row.intervalMs)),
  },
  { name: "ticks", header: "Ticks", align: "right", cell: (row) => formatCompact(row.ticks) },
  {
    name: "dropped",
    header: "Dropped",
    wrap: true,
    cell: (row) =>
      droppedIn(row) === 0 ? <span className="tl-quiet">none</span> : wordsOf(row.dropped),
  },
  {
    name: "book",
    header: "Book",
    cell: (row) =>
      row.book === null ? (
        <span className="tl-quiet">{row.mode}</span>
      ) : (
        <TwoLines
          first={plain(row.book.state)}
          second={wordsOf(row.book.faults) || `${row.book.bids} / ${row.book.asks} levels`}
        />
      ),
  },
  { name: "gaps", header: "Gaps", align: "right", cell: (row) => row.gaps },
  {
    name: "clock",
    header: "Clock",
    align: "right",
    cell: (row) =>
      row.clockOffsetMs === null ? <Unknown /> : `${formatQuantity(row.clockOffsetMs)} ms`,
  },
];

export function DataQuality() {
  const [state, setState] = useState<QualityState | "all">("all");
  const [sort, setSort] = useState<QualitySort>("worst");
  const [judged, setJudged] = useState<string | null>(null);
  const quality = useQuality(state === "all" ? null : state);
  const arrivals = useArrivals(quality.data);
  return (
    <Panel
      title="Data quality"
      flush
      note={<StaleNote query={quality} />}
      actions={
        <div className={styles.filters}>
          <Select
            size="xs"
            aria-label="State"
            data={STATES}
            value={state}
            allowDeselect={false}
            onChange={(value) =>
              setState(STATES.find((one) => one.value === value)?.value ?? "all")
            }
          />
          <Select
            size="xs"
            aria-label="Order"
            data={SORTS}
            value={sort}
            allowDeselect={false}
            onChange={(value) =>
              setSort(SORTS.find((one) => one.value === value)?.value ?? "worst")
            }
          />
        </div>
      }
    >
      <Answer
        query={quality}
        rows={8}
        empty={
          <Empty
            icon={<IconActivity size={20} stroke={1.6} />}
            title="Nothing here"
            text="An instrument is judged while an algo, a watchlist or the ledger follows it."
          />
        }
      >
        {(rows) => (
          <DataTable
            rows={sortQuality(rows, sort)}
            columns={columnsOf(arrivals)}
            rowName={nameOf}
            label="Data quality"
            renderActions={(row) => (
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Rules of ${row.instrument}`}
                onClick={() => setJudged(row.instrument)}
              >
                Rules
              </Button>
            )}
          />
        )}
      </Answer>
      <Modal
        opened={judged !== null}
        onClose={() => setJudged(null)}
        title={`What is dropped of ${judged ?? ""}`}
      >
        {judged !== null && <CleaningRules instrument={judged} close={() => setJudged(null)} />}
      </Modal>
    </Panel>
  );
}
