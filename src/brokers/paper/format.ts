/** What is sent to the paper exchange, as text. Pure. */
import type { InstrumentId } from "../../domain/instrument.ts";
import type { ApprovedOrder, OrderChanges } from "../../domain/order.ts";
import type { FeedMode } from "../../domain/tick.ts";
import { PAPER_RULES } from "./rules.ts";
import type { ChangeOrderRequest, FeedRequest, NewOrderRequest } from "./wire.ts";

/** Subscribe messages, at most `subscribeBatchMax` instruments in each. */
export const formatSubscribe = (instruments: readonly InstrumentId[], mode: FeedMode): string[] =>
  batches(instruments).map((batch) => text({ op: "subscribe", instruments: batch, mode }));

export const formatUnsubscribe = (instruments: readonly InstrumentId[]): string[] =>
  batches(instruments).map((batch) => text({ op: "unsubscribe", instruments: batch }));

/** Order books afresh; the exchange sends those that are subscribed in mode `depth`. */
export const formatBookResync = (instruments: readonly InstrumentId[]): string[] =>
  batches(instruments).map((batch) => text({ op: "snapshot", instruments: batch }));

/** The body of `POST /orders`. The protective stop stays here: the exchange has no business with it. */
export function formatOrder({ intent }: ApprovedOrder): string {
  const body: NewOrderRequest = {
    clientOrderId: intent.clientOrderId,
    instrument: intent.instrument,
    side: intent.side,
    type: intent.type,
    quantity: intent.quantity,
    limitPrice: intent.limitPrice,
    stopPrice: intent.stopPrice,
    timeInForce: intent.timeInForce,
  };
  return JSON.stringify(body);
}

/** The body of `PATCH /orders/:brokerOrderId`. */
export function formatChanges(changes: OrderChanges): string {
  const body: ChangeOrderRequest = {
    quantity: changes.quantity,
    limitPrice: changes.limitPrice,
    stopPrice: changes.stopPrice,
  };
  return JSON.stringify(body);
}

const text = (request: FeedRequest): string => JSON.stringify(request);

function batches(instruments: readonly InstrumentId[]): InstrumentId[][] {
  const size = PAPER_RULES.subscribeBatchMax;
  const result: InstrumentId[][] = [];
  for (let start = 0; start < instruments.length; start += size) {
    result.push(instruments.slice(start, start + size));
  }
  return result;
}
