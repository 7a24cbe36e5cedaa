/**
 * What the ledger keeps of an order that it has archived, and how the order comes back: from what stays
 * for the same intent again, from its events for news of it. Pure.
 */
import { assert } from "../assert.ts";
import { decimal, ZERO, type DecimalText } from "../decimal.ts";
import type { Order, OrderIntent, OrderState } from "../order.ts";
import { isTerminal } from "../order-state.ts";
import { syntheticId } from "../reconciliation/synthetic-id.ts";
import { intentOf } from "./decide.ts";
import { newEntry } from "./entry.ts";
import type { RecordedEvent } from "./history.ts";
import { apply, type LedgerEvent } from "./ledger.ts";
import { NO_UNIT_RISK } from "./money-at-risk.ts";
import { unpackUnit } from "./packing.ts";
import type { Refusal } from "./refusal.ts";
import { emptyLedger, reserves, type LedgerOrder } from "./state.ts";

/** Stored as this list: there is one for every order there ever was. */
export type ArchivedOrder = [
  /** Of the intent: another body under the id is another order. */
  hash: string,
  state: OrderState,
  /** That approved or denied it, and that last changed it. */
  version: number,
  changedVersion: number,
  epoch: number,
  createdAt: number,
  updatedAt: number,
  filledQuantity: DecimalText,
  averagePrice: DecimalText | null,
  brokerOrderId: string | null,
  refusal: Refusal | null,
];

/** Whether nothing of it is needed to decide: it has ended, and no money of it is on its way. */
export const mayBeArchived = (entry: LedgerOrder): boolean =>
  isTerminal(entry.order.state) && !reserves(entry) && entry.commitment === null;

export function archivedOf(entry: LedgerOrder, changedVersion: number): ArchivedOrder {
  const { order, original } = entry;
  return [
    intentHash({ ...order, ...original }),
    order.state,
    order.ledgerVersion,
    changedVersion,
    order.epoch,
    order.createdAt,
    order.updatedAt,
    order.filledQuantity,
    order.averagePrice,
    order.brokerOrderId,
    order.refusal,
  ];
}

const value = (text: string | null | undefined): string =>
  text === null || text === undefined ? "" : decimal(text).toFixed();

/** The same for the same order asked for again: decimals by value, everything else to the letter. */
export function intentHash(intent: OrderIntent): string {
  const { algoId, account, instrument, side, type, timeInForce, reduceOnly } = intent;
  const { bracket, exit } = intent;
  const words = [algoId, account, instrument, side, type, timeInForce, String(reduceOnly)];
  const terms = [intent.quantity, intent.limitPrice, intent.stopPrice, intent.protectiveStop];
  const exits = [bracket?.stopPrice, bracket?.stopLimitPrice, bracket?.targetPrice];
  const leg = [exit?.entry, exit?.pair, exit?.leg].map((part) => String(part ?? ""));
  return syntheticId(...words, ...terms.map(value), ...exits.map(value), ...leg);
}

/** No order has this quantity, so that no intent is the same. */
const OF_ANOTHER_BODY = { quantity: "0", limitPrice: null, stopPrice: null } as const;

/** The order as it ended, for an intent under its id: with the intent's own terms, or as one that is not the same. */
export function archivedEntry(archived: ArchivedOrder, intent: OrderIntent): LedgerOrder {
  const [hash, state, ledgerVersion, , epoch, createdAt, updatedAt] = archived;
  const [, , , , , , , filledQuantity, averagePrice, brokerOrderId, refusal] = archived;
  const order: Order = {
    ...intentOf(intent),
    state,
    filledQuantity,
    averagePrice,
    brokerOrderId,
    refusal,
    reason: refusal?.message ?? null,
    ledgerVersion,
    epoch,
    createdAt,
    updatedAt,
  };
  const entry = newEntry(order, NO_UNIT_RISK);
  const same = hash === intentHash(intent);
  return {
    ...entry,
    ...(same ? {} : { original: OF_ANOTHER_BODY }),
    filled: decimal(filledQuantity),
  };
}

/**
 * The order as it was archived, by all its events applied again. Throws when they do not lead to what was
 * archived: then some are missing, and nothing is to be built on the rest.
 */
export function broughtBack(
  archived: ArchivedOrder,
  events: readonly RecordedEvent[],
): LedgerOrder {
  const [, wasState, version, , epoch, , , wasFilled] = archived;
  const [first] = events;
  assert(first?.version === version, "the events of an archived order are not all there");
  const state = emptyLedger(first.at, { epoch });
  let entry: LedgerOrder | null = null;
  for (const event of events) {
    state.version = event.version - 1;
    entry = apply(state, revived(event.body)).entry ?? entry;
  }
  assert(entry && entry.order.state === wasState, "its events lead to another state");
  assert(decimal(wasFilled).eq(entry.filled), "its events lead to another quantity");
  return { ...entry, commitment: null, share: null, ended: entry.filled };
}

/** An event out of JSON: its decimals are text there. */
function revived(event: LedgerEvent): LedgerEvent {
  if (event.kind === "reserved") {
    const { unit, currency } = event.reservation;
    return { ...event, reservation: { unit: unpackUnit(unit as never), currency, funds: ZERO } };
  }
  if (event.kind !== "replace_reserved") return event;
  const { quantity, unit } = event;
  return { ...event, quantity: decimal(quantity), unit: unpackUnit(unit as never), funds: ZERO };
}
