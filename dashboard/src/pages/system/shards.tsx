/** The shards of one broker: one connection each. */
import type { ReactNode } from "react";
import { DataTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Badge } from "../../components/badge.tsx";
import { Age } from "../../components/figures.tsx";
import { Empty, Panel } from "../../components/panel.tsx";
import type { BrokerView, ShardView } from "../../../../src/contract/brokers.ts";
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
  {
    name: "shard",
    header: "Shard",
    phone: "title",
    cell: ({ shard }) => <strong title={shard}>{shardWords(shard)}</strong>,
  },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: ({ state, draining }) => (
      <>
        <Badge tone={SHARD_TONES[state]}>{plain(state)}</Badge>{" "}
        {draining && <Badge tone="warn">{draining.isClosed ? "drained" : "draining"}</Badge>}
      </>
    ),
  },
  {
    name: "instruments",
    header: "Live / instruments",
    align: "right",
    cell: (row) => (
      <>
        {formatQuantity(row.confirmed)}{" "}
        <span className="tl-quiet">/ {formatQuantity(row.instruments)}</span>
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
    cell: (row) => (
      <TwoLines
        first={formatQuantity(Math.round(row.ticksPerSecond))}
        second={`${formatCompact(row.ticks)} in all`}
      />
    ),
  },
  {
    name: "lag",
    header: "Lag in, out",
    align: "right",
    phone: "wide",
    cell: ({ lag }) => (
      <span title="p50 / p99: from the exchange to here, and from here on">
        <TwoLines first={lagWords(lag.exchangeToReceived)} second={lagWords(lag.receivedToSent)} />
      </span>
    ),
  },
  {
    name: "dropped",
    header: "Dropped, unreadable",
    align: "right",
    cell: ({ dropped, unreadable }) => (
      <span title={droppedByRule({ ...dropped, ...unreadable })}>
        <TwoLines first={droppedWords(dropped)} second={droppedWords(unreadable)} />
      </span>
    ),
  },
  {
    name: "queue",
    header: "Waiting in, out",
    align: "right",
    cell: ({ queue }) => (
      <span
        title={`to ask the broker: ${queue.upstreamInstruments} instruments in ${queue.upstreamMessages} messages\nto send: ${queue.downstreamTicks} ticks\nto be read by markets: ${queue.downstreamBytes} bytes`}
      >
        <TwoLines
          first={formatQuantity(queue.upstreamInstruments)}
          second={`${formatCompact(queue.downstreamBytes)} B`}
        />
      </span>
    ),
  },
  {
    name: "connection",
    header: "Last message",
    align: "right",
    phone: "wide",
    cell: (row) => (
      <TwoLines
        first={<Age at={row.lastMessageAt} />}
        second={`epoch ${row.epoch}, reconnects ${row.reconnects}`}
      />
    ),
  },
  { name: "markets", header: "Markets", align: "right", cell: (row) => row.markets },
];

/** p50 / p99, from the exchange to here or from here on. */
const lagWords = ({ p50, p99 }: ShardView["lag"]["receivedToSent"]): string =>
  p50 === null || p99 === null ? "none yet" : `${formatCompact(p50)} / ${formatCompact(p99)} ms`;

/** `paper:paper:2` as `paper 2`: the broker stands in the head of the table. */
const shardWords = (shard: string): string => shard.split(":").slice(1).join(" ");

/** `paper:paper:2` is shard 2 of the broker paper. */
function renderDrain({ shard, draining }: ShardView) {
  const [broker = "", , number = ""] = shard.split(":");
  return <DrainButton broker={broker} shard={number} draining={draining} />;
}

/** The shards of one broker; `actions` stand in its head. */
export function Shards({ broker, actions }: { broker: BrokerView; actions: ReactNode }) {
  const { shards } = broker;
  return (
    <Panel title={`Shards of ${broker.broker}`} flush actions={actions}>
      {shards.length === 0 ? (
        <Empty title="No shards" text="Set how many connections this broker should have." />
      ) : (
        <DataTable
          rows={shards}
          columns={COLUMNS}
          rowName={(row) => row.shard}
          label={`Shards of ${broker.broker}`}
          renderActions={renderDrain}
        />
      )}
    </Panel>
  );
}
