/** The shards of one broker: one connection each. */
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Badge } from "../../components/badge.tsx";
import { Age } from "../../components/figures.tsx";
import { Empty, Panel } from "../../components/panel.tsx";
import type { ShardView } from "../../../../src/contract/brokers.ts";
import { formatCompact, formatQuantity } from "../../format/number.ts";
import { plain, SHARD_TONES } from "../../format/words.ts";
import { DrainButton } from "./drain-button.tsx";

function droppedWords(dropped: ShardView["dropped"]): string {
  const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return formatQuantity(total);
}

const droppedByRule = (dropped: ShardView["dropped"]): string | undefined =>
  Object.entries(dropped)
    .map(([rule, count]) => `${plain(rule)}: ${count}`)
    .join("\n") || undefined;

const COLUMNS: Column<ShardView>[] = [
  { name: "shard", header: "Shard", phone: "title", cell: (row) => <strong>{row.shard}</strong> },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: (row) => <Badge tone={SHARD_TONES[row.state]}>{plain(row.state)}</Badge>,
  },
  { name: "drain", header: "Drain", cell: drainCell },
  {
    name: "instruments",
    header: "Live / instruments",
    align: "right",
    cell: (row) => (
      <>
        {row.confirmed} <span className="tl-quiet">/ {row.instruments}</span>
      </>
    ),
  },
  {
    name: "alarmed",
    header: "Alarmed",
    align: "right",
    cell: (row) => (
      <span className={row.alarmed > 0 ? "tl-down tl-strong" : "tl-quiet"}>{row.alarmed}</span>
    ),
  },
  {
    name: "rate",
    header: "Ticks/s",
    align: "right",
    cell: (row) => formatQuantity(Math.round(row.ticksPerSecond)),
  },
  { name: "ticks", header: "Ticks", align: "right", cell: (row) => formatCompact(row.ticks) },
  {
    name: "dropped",
    header: "Dropped / unreadable",
    align: "right",
    cell: ({ dropped, unreadable }) => (
      <span title={droppedByRule({ ...dropped, ...unreadable })}>
        {droppedWords(dropped)} <span className="tl-quiet">/ {droppedWords(unreadable)}</span>
      </span>
    ),
  },
  {
    name: "arrival",
    header: "Lag in",
    align: "right",
    cell: (row) => lagWords(row.lag.exchangeToReceived),
  },
  {
    name: "sending",
    header: "Lag out",
    align: "right",
    cell: (row) => lagWords(row.lag.receivedToSent),
  },
  {
    name: "queue",
    header: "Waiting",
    align: "right",
    cell: ({ queue }) => (
      <span
        title={`to ask the broker: ${queue.upstreamInstruments} instruments in ${queue.upstreamMessages} messages\nto send: ${queue.downstreamTicks} ticks\nto be read by markets: ${queue.downstreamBytes} bytes`}
      >
        {formatQuantity(queue.upstreamInstruments)} / {formatCompact(queue.downstreamBytes)} B
      </span>
    ),
  },
  { name: "reconnects", header: "Reconnects", align: "right", cell: (row) => row.reconnects },
  { name: "markets", header: "Markets", align: "right", cell: (row) => row.markets },
  { name: "epoch", header: "Epoch", align: "right", cell: (row) => row.epoch },
  {
    name: "message",
    header: "Last message",
    align: "right",
    cell: (row) => <Age at={row.lastMessageAt} />,
  },
];

/** p50 / p99, from the exchange to here or from here on. */
const lagWords = ({ p50, p99 }: ShardView["lag"]["receivedToSent"]): string =>
  p50 === null || p99 === null ? "none yet" : `${formatCompact(p50)} / ${formatCompact(p99)} ms`;

/** `paper:paper:2` is shard 2 of the broker paper. */
function drainCell({ shard, draining }: ShardView) {
  const [broker = "", , number = ""] = shard.split(":");
  return <DrainButton broker={broker} shard={number} draining={draining} />;
}

export function Shards({ shards }: { shards: readonly ShardView[] }) {
  return (
    <Panel title="Shards" flush>
      {shards.length === 0 ? (
        <Empty title="No shards" text="Set how many connections this broker should have." />
      ) : (
        <DataTable rows={shards} columns={COLUMNS} rowName={(row) => row.shard} label="Shards" />
      )}
    </Panel>
  );
}
