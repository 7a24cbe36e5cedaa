/** The platform's metrics from one look at every part: pure. */
import type { BrokerView } from "../contract/brokers.ts";
import { SHARD_STATES } from "../contract/brokers.ts";
import type { Result } from "../domain/result.ts";
import type { Metric } from "../platform/metrics.ts";
import type { OrderCounts } from "../storage/order-counts.ts";
import type { RowMoves } from "../storage/moving-rows.ts";
import type { PlatformView } from "./platform-view.ts";

type Samples = Metric["samples"];
type Counts = Result<OrderCounts, string>;

export function platformMetrics(view: PlatformView, counts: Counts): Metric[] {
  return [
    ...partMetrics(view),
    ...feedMetrics(view),
    ...marketMetrics(view),
    ...orderMetrics(view, counts),
    ...eventMetrics(view),
    ...oldRowMetrics(view),
  ];
}

/** 1 for each part that answered. The other metrics of one that did not are absent, not zero. */
function partMetrics(view: PlatformView): Metric[] {
  return [
    gauge("trunkline_up", "Whether a part of the platform answered.", [
      ...view.brokers.map(({ broker, view: asked }) => up(`feed ${broker}`, asked)),
      ...view.gateways.map(({ account, stream }) => up(`gateway ${account}`, stream)),
      up("ledger", view.ledger),
      up("markets", view.markets),
      up("tradebook", view.tradebook),
    ]),
  ];
}

function feedMetrics(view: PlatformView): Metric[] {
  const brokers = view.brokers.flatMap(({ view: asked }) => (asked.ok ? [asked.value] : []));
  const shards = brokers.flatMap((broker) =>
    broker.shards.map((shard) => ({
      shard,
      labels: { broker: broker.broker, shard: shard.shard },
    })),
  );
  const each = (value: (shard: BrokerView["shards"][number]) => number): Samples =>
    shards.map(({ shard, labels }) => ({ labels, value: value(shard) }));
  return [
    counter(
      "trunkline_ticks_total",
      "Ticks a shard took in.",
      each((shard) => shard.ticks),
    ),
    gauge(
      "trunkline_ticks_per_second",
      "Tick rate of a shard.",
      each((shard) => shard.ticksPerSecond),
    ),
    counter(
      "trunkline_ticks_dropped_total",
      "Ticks that a cleaning rule dropped.",
      shards.flatMap(({ shard, labels }) =>
        Object.entries(shard.dropped).map(([rule, value]) => ({
          labels: { ...labels, rule },
          value,
        })),
      ),
    ),
    counter(
      "trunkline_reconnects_total",
      "Reconnects of a shard.",
      each((shard) => shard.reconnects),
    ),
    gauge(
      "trunkline_subscriptions",
      "Instruments of a shard by state.",
      shards.flatMap(({ shard, labels }) =>
        (["confirmed", "pending", "alarmed"] as const).map((state) => ({
          labels: { ...labels, state },
          value: shard[state],
        })),
      ),
    ),
    gauge(
      "trunkline_shard_state",
      "1 for the state that a shard is in.",
      shards.flatMap(({ shard, labels }) =>
        SHARD_STATES.map((state) => ({
          labels: { ...labels, state },
          value: shard.state === state ? 1 : 0,
        })),
      ),
    ),
  ];
}

type MarketFigure =
  | "sockets"
  | "instruments"
  | "deliveriesPerSecond"
  | "bufferedBytes"
  | "laggingSockets";

function marketMetrics({ markets }: PlatformView): Metric[] {
  if (!markets.ok) return [];
  const each = (field: MarketFigure): Samples =>
    markets.value.map(({ market, ...counts }) => ({ labels: { market }, value: counts[field] }));
  return [
    gauge("trunkline_sockets", "Algo sockets of a market.", each("sockets")),
    gauge("trunkline_market_instruments", "Instruments that a market routes.", each("instruments")),
    gauge(
      "trunkline_deliveries_per_second",
      "Tick frames a market hands to sockets.",
      each("deliveriesPerSecond"),
    ),
    gauge("trunkline_buffered_bytes", "Bytes that sockets have not taken.", each("bufferedBytes")),
    gauge(
      "trunkline_lagging_sockets",
      "Sockets whose ticks are conflated.",
      each("laggingSockets"),
    ),
  ];
}

function orderMetrics({ ledger }: PlatformView, counts: Counts): Metric[] {
  const metrics: Metric[] = [];
  if (ledger.ok)
    metrics.push(
      gauge("trunkline_open_orders", "Orders that can still trade.", one(ledger.value.openOrders)),
      gauge("trunkline_outbox_rows", "Rows that wait for the tradebook.", one(ledger.value.outbox)),
      gauge(
        "trunkline_halted_scopes",
        "Scopes that do not trade freely.",
        one(ledger.value.tradingStates.length),
      ),
    );
  if (counts.ok)
    metrics.push(
      gauge(
        "trunkline_orders_today",
        "Orders of this UTC day by state.",
        counts.value.states.map(({ state, count }) => ({ labels: { state }, value: count })),
      ),
      gauge(
        "trunkline_refusals_today",
        "Orders of this UTC day that the ledger denied, by code.",
        counts.value.refusals.map(({ code, count }) => ({ labels: { code }, value: count })),
      ),
      gauge(
        "trunkline_executions_today",
        "Executions of this UTC day.",
        one(counts.value.executions),
      ),
    );
  return metrics;
}

function eventMetrics({ orderEvents }: PlatformView): Metric[] {
  if (!orderEvents.ok || orderEvents.value === null) return [];
  const { events, failingSince } = orderEvents.value;
  return [
    counter("trunkline_order_events_moved_total", "Events moved to files.", one(events)),
    gauge(
      "trunkline_order_events_failing",
      "1 while no event can be moved to a file.",
      one(failingSince === null ? 0 : 1),
    ),
  ];
}

function oldRowMetrics({ oldRows, tradebookBytes }: PlatformView): Metric[] {
  const moves = oldRows.ok ? oldRows.value : [];
  const each = (value: (move: RowMoves) => number): Samples =>
    moves.map((move) => ({ labels: { kind: move.kind }, value: value(move) }));
  const bytes = tradebookBytes.ok ? tradebookBytes.value : null;
  return [
    counter(
      "trunkline_old_rows_moved_total",
      "Orders and executions moved to files.",
      each(({ rows }) => rows),
    ),
    gauge(
      "trunkline_old_rows_stayed",
      "Old rows that the latest pass left in D1.",
      each(({ stayed }) => stayed),
    ),
    gauge(
      "trunkline_old_rows_failing",
      "1 while none can be moved to a file.",
      each(({ failingSince }) => (failingSince === null ? 0 : 1)),
    ),
    gauge("trunkline_tradebook_bytes", "Bytes that D1 holds.", bytes === null ? [] : one(bytes)),
  ];
}

const gauge = (name: string, help: string, samples: Samples): Metric => ({
  name,
  help,
  type: "gauge",
  samples,
});

const counter = (name: string, help: string, samples: Samples): Metric => ({
  name,
  help,
  type: "counter",
  samples,
});

const one = (value: number): Samples => [{ value }];

const up = (part: string, asked: Result<unknown, string>) => ({
  labels: { part },
  value: asked.ok ? 1 : 0,
});
