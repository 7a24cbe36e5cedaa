/** The platform's state in a few lines for a person: pure, from one look at every part. */
import type { FeedAlert } from "../application/ports.ts";
import type { BrokerView } from "../contract/brokers.ts";
import type { StatusView } from "../contract/operations.ts";
import type { AccountReconciliation } from "../contract/reconciliation.ts";
import type { RiskStatusView } from "../contract/risk.ts";
import { fullness, sizeText } from "../domain/tradebook-size.ts";
import type { EventMoves } from "../storage/moving-events.ts";
import type { RowMoves } from "../storage/moving-rows.ts";
import type { ChannelState } from "../notify/settings.ts";
import type { PlatformView } from "./platform-view.ts";

const servedBy = ({ shards, wanted }: BrokerView): number =>
  Math.min(wanted, sum(shards.map(({ confirmed }) => confirmed)));

type Component = StatusView["components"][number];

export function statusOf(
  view: PlatformView,
  channels: readonly ChannelState[],
  environment: string,
  time: number,
): StatusView {
  const components = [...componentsOf(view), alertsComponent(channels)];
  const shards = view.brokers.flatMap((broker) => (broker.view.ok ? broker.view.value.shards : []));
  const markets = view.markets.ok ? view.markets.value : [];
  return {
    state: worst(components),
    time,
    environment,
    components,
    feed: {
      // What a provider only keeps ready is not counted twice.
      instruments: sum(
        view.brokers.map((broker) => (broker.view.ok ? servedBy(broker.view.value) : 0)),
      ),
      ticksPerSecond: sum(shards.map((shard) => shard.ticksPerSecond)),
      sockets: sum(markets.map((market) => market.sockets)),
    },
  };
}

function componentsOf(view: PlatformView): Component[] {
  const { ledger, markets, orderEvents, oldRows } = view;
  return [
    ...view.brokers.map(({ broker, view: asked }) =>
      asked.ok ? feedComponent(asked.value) : down(`feed ${broker}`, asked.error),
    ),
    ...view.gateways.map(({ account, stream }) =>
      stream.ok
        ? gatewayComponent(account, stream.value)
        : down(`gateway ${account}`, stream.error),
    ),
    view.feedAlert.ok
      ? providersComponent(view.feedAlert.value)
      : down("providers", view.feedAlert.error),
    ...view.gateways.map(({ account, reconciliation }) =>
      reconciliation.ok
        ? reconciliationComponent(reconciliation.value)
        : down(`reconciliation ${account}`, reconciliation.error),
    ),
    ledger.ok ? ledgerComponent(ledger.value) : down("ledger", ledger.error),
    markets.ok
      ? component("markets", "ok", `${markets.value.length} open`)
      : down("markets", markets.error),
    tradebookComponent(view),
    orderEvents.ok
      ? orderEventsComponent(orderEvents.value)
      : down("order events", orderEvents.error),
    oldRows.ok ? oldRowsComponent(oldRows.value) : down("old days", oldRows.error),
  ];
}

const component = (name: string, state: Component["state"], message: string): Component => ({
  name,
  state,
  message,
});

const providersComponent = (alert: FeedAlert | null): Component =>
  alert === null
    ? component("providers", "ok", "every instrument that is wanted has one")
    : component(
        "providers",
        "down",
        `${alert.instruments} instruments have none since ${new Date(alert.since).toISOString()}`,
      );

const newestText = (newest: number | null): string =>
  newest === null ? "no execution yet" : `newest execution ${new Date(newest).toISOString()}`;

/** A database that fills is told while there is room. */
function tradebookComponent({ tradebook, tradebookBytes }: PlatformView): Component {
  const name = "tradebook";
  if (!tradebook.ok) return down(name, tradebook.error);
  const bytes = tradebookBytes.ok ? tradebookBytes.value : null;
  const newest = newestText(tradebook.value);
  if (bytes === null) return component(name, "ok", `${newest}; its size is not known`);
  const state = fullness(bytes) === null ? "ok" : "degraded";
  return component(name, state, `${newest}; ${sizeText(bytes)}`);
}

/** Orders and executions of old days leave the tradebook after its events, for the same reason. */
function oldRowsComponent(moves: readonly RowMoves[]): Component {
  const name = "old days";
  if (moves.length === 0) return component(name, "ok", "none moved to files yet");
  const message = moves.map(movedText).join("; ");
  return component(name, moves.some(isFailing) ? "degraded" : "ok", message);
}

const isFailing = ({ failingSince }: RowMoves): boolean => failingSince !== null;

function movedText(move: RowMoves): string {
  const { kind, rows, movedAt, stayed, day, finishedAt, failingSince, error } = move;
  const since = failingSince === null ? "" : new Date(failingSince).toISOString();
  return [
    `${rows} ${kind} moved to files`,
    ...(movedAt === null ? [] : [`last at ${new Date(movedAt).toISOString()}`]),
    ...(stayed === 0 ? [] : [`${stayed} old ones stay`]),
    ...(day !== null && finishedAt === null ? [`the pass after ${day} goes on`] : []),
    ...(failingSince === null ? [] : [`nothing goes since ${since}: ${error}`]),
  ].join(", ");
}

/** What ended days ago leaves the tradebook for files, so that D1 is not filled. */
function orderEventsComponent(moves: EventMoves | null): Component {
  const name = "order events";
  if (moves === null) return component(name, "ok", "none moved to files yet");
  const { events, movedAt, failingSince, error } = moves;
  const last = movedAt === null ? "" : `, last at ${new Date(movedAt).toISOString()}`;
  const message = `${events} moved to files${last}`;
  if (failingSince === null) return component(name, "ok", message);
  const since = new Date(failingSince).toISOString();
  return component(name, "degraded", `${message}; nothing goes since ${since}: ${error}`);
}

const down = (name: string, message: string): Component => component(name, "down", message);

function feedComponent({ broker, shards, session, wanted }: BrokerView): Component {
  const name = `feed ${broker}`;
  const sessionText = `the broker session is ${session.state}`;
  if (!["valid", "proving", "expiring"].includes(session.state)) return down(name, sessionText);
  const alarmed = sum(shards.map((shard) => shard.alarmed));
  const off = shards.filter((shard) => shard.state !== "live" && shard.state !== "idle");
  const live = shards.filter((shard) => shard.state === "live");
  const message = `${live.length} of ${shards.length} shards live, ${wanted} instruments wanted`;
  if (off.length > 0 && live.length === 0) return down(name, message);
  if (off.length > 0) return component(name, "degraded", message);
  if (alarmed > 0) return component(name, "degraded", `${message}, ${alarmed} alarmed`);
  if (session.state === "expiring") return component(name, "degraded", sessionText);
  return component(name, "ok", message);
}

function gatewayComponent(account: string, stream: BrokerView["orderStream"]): Component {
  const message = `order stream ${stream}`;
  if (stream === "ready") return component(`gateway ${account}`, "ok", message);
  return component(`gateway ${account}`, stream === "down" ? "down" : "degraded", message);
}

/** What differs is being settled; what is frozen or cannot be compared wants a person. */
function reconciliationComponent({ account, checks, frozen }: AccountReconciliation): Component {
  const name = `reconciliation ${account}`;
  const trouble = checks.filter(({ result }) => result === "failed" || result === "differs");
  const parts = [
    ...frozen.map(({ instrument }) => `${instrument} is frozen`),
    // A broker that does not answer fails every check alike: it is said once.
    ...[...Map.groupBy(trouble, ({ message }) => message)].map(
      ([message, kinds]) =>
        `${kinds.map(({ kind }) => kind.replace("_", " ")).join(", ")}: ${worded(message)}`,
    ),
  ];
  if (parts.length > 0) return component(name, "degraded", parts.join("; "));
  const latest = Math.max(0, ...checks.map(({ lastRunAt }) => lastRunAt ?? 0));
  const at = latest === 0 ? "nothing compared yet" : `last at ${new Date(latest).toISOString()}`;
  return component(name, "ok", at);
}

/** A check that failed begins with the kind of the broker's failure, as the code names it. */
const worded = (message: string): string =>
  message.replace(/^[a-z_]+(?=: )/, (kind) => kind.replaceAll("_", " "));

/** Rows wait in the outbox while D1 is down: nothing is lost, but the tradebook is behind. */
const OUTBOX_DEGRADED = 1_000;

function ledgerComponent({ tradingStates, outbox, version }: RiskStatusView): Component {
  if (tradingStates.length > 0) {
    const scopes = tradingStates.map(({ scope, state }) => `${scope} ${state}`).join(", ");
    return component("ledger", "degraded", scopes);
  }
  if (outbox >= OUTBOX_DEGRADED)
    return component("ledger", "degraded", `${outbox} rows wait for the tradebook`);
  return component("ledger", "ok", `version ${version}`);
}

/** Without a channel the desk's page is the only place that tells; a channel that is wanted and wrong is trouble. */
function alertsComponent(channels: readonly ChannelState[]): Component {
  const wrong = channels.filter(({ state }) => state === "wrong");
  const on = channels.filter(({ state }) => state === "on").map(({ name }) => name);
  const message = on.length > 0 ? `${on.join(", ")} on` : "no channel is set up";
  if (wrong.length === 0) return component("alerts", "ok", message);
  const names = wrong.map(({ name, settings }) => `${name}: check ${settings.join(", ")}`);
  return component("alerts", "degraded", `${message}; ${names.join("; ")}`);
}

function worst(components: Component[]): StatusView["state"] {
  const states = components.map(({ state }) => state);
  if (states.includes("down")) return "down";
  return states.every((state) => state === "ok") ? "ok" : "degraded";
}

const sum = (numbers: number[]): number => numbers.reduce((total, next) => total + next, 0);
