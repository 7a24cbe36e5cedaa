/** Gives one event to the handler it is for, and turns what the handler throws into an error that says where. */
import type { OrderView } from "../../src/contract/orders.ts";
import type { RiskChannelView } from "../../src/contract/risk-channel.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import type { AlgoHandlers, Lagging } from "./context.ts";
import type { Tick } from "./decode.ts";
import { AlgoHandlerError } from "./errors.ts";
import type { Gap, StreamStatus } from "./stream-events.ts";

export type AlgoEvent =
  | { kind: "start" }
  | { kind: "tick"; tick: Tick }
  | { kind: "candle"; candle: ClosedCandle }
  | { kind: "order"; order: OrderView }
  | { kind: "gap"; gap: Gap }
  | { kind: "risk"; risk: RiskChannelView }
  | { kind: "signal"; signal: SignalView }
  | { kind: "status"; status: StreamStatus }
  | { kind: "lagging"; lagging: Lagging };

/** Rejects with `AlgoHandlerError` when there is no `onError`, or with what that throws. */
export async function dispatch(event: AlgoEvent, handlers: AlgoHandlers): Promise<void> {
  try {
    await call(event, handlers);
  } catch (cause) {
    const error = new AlgoHandlerError(handlerName(event.kind), subjectOf(event), cause);
    if (handlers.onError === undefined) throw error;
    await handlers.onError(error);
  }
}

async function call(event: AlgoEvent, handlers: AlgoHandlers): Promise<void> {
  switch (event.kind) {
    case "start":
      return handlers.onStart?.();
    case "tick":
      return handlers.onTick?.(event.tick);
    case "candle":
      return handlers.onCandle?.(event.candle);
    case "order":
      return handlers.onOrder?.(event.order);
    case "gap":
      return handlers.onGap?.(event.gap);
    case "risk":
      return handlers.onRisk?.(event.risk);
    case "signal":
      return handlers.onSignal?.(event.signal);
    case "status":
      return handlers.onStatus?.(event.status);
    case "lagging":
      return handlers.onLagging?.(event.lagging);
  }
}

const handlerName = (kind: AlgoEvent["kind"]): string =>
  `on${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

/** What the event was about, for the message of an error. */
function subjectOf(event: AlgoEvent): string {
  if (event.kind === "tick") return `${event.tick.instrument}, seq ${event.tick.seq}`;
  if (event.kind === "signal") return `${event.signal.topic}, seq ${event.signal.seq}`;
  if (event.kind === "candle") return event.candle.instrument;
  return event.kind === "order" ? event.order.clientOrderId : "";
}
