/**
 * The market orders that close one position, which may only reduce. A position above the largest order goes in
 * parts, as in a flatten. Every id comes from the caller's close id, so that what was asked for before is found.
 */
import type { ApiError } from "../contract/errors.ts";
import type { OrderRequest, PositionView } from "../contract/orders.ts";
import { decimal, decimalText, isMultipleOf, ZERO, type Decimal } from "../domain/decimal.ts";
import { orderIdFor } from "../domain/derived-id.ts";
import { FLATTEN_PARTS_MAX } from "../domain/halt-limits.ts";
import type { Instrument } from "../domain/instrument.ts";
import type { Order } from "../domain/order.ts";
import type { Caller } from "./caller.ts";
import { partsOf } from "./flatten.ts";
import { apiError, refusalError } from "./order-errors.ts";
import { closingTime } from "./order-facts.ts";
import type { OrderPorts } from "./order-ports.ts";
import { submitOrder } from "./submit-order.ts";

/** One closing order of a position, or why no more of it is closed. */
export interface ClosedPosition {
  algoId: string;
  account: string;
  instrument: string;
  /** Null when it was refused. */
  order: Order | null;
  refusal: ApiError | null;
}

type Held = Pick<PositionView, "algoId" | "account" | "instrument" | "quantity">;

/** What is to be closed. */
export interface Closing {
  closeId: string;
  position: Held;
  quantity: Decimal;
  /** More than there is goes as one order, for the ledger to refuse by name. */
  isThere: boolean;
  /** Rounds down to whole lots: what is left of a position that was cut may be no whole number of them. */
  round: boolean;
}

/** As the API's orders; `rest` is what so many do not close. */
export interface ClosingOrders {
  requests: OrderRequest[];
  rest: ApiError | null;
}

export const closingSide = ({ quantity }: Pick<PositionView, "quantity">): "buy" | "sell" =>
  decimal(quantity).gt(ZERO) ? "sell" : "buy";

const wholeId = (closeId: string, { algoId, account, instrument }: Held): string =>
  orderIdFor(closeId, algoId, account, instrument);

/** Of parts that are counted from 1. */
const partId = (closeId: string, { algoId, account, instrument }: Held, part: number): string =>
  orderIdFor(closeId, algoId, account, instrument, String(part));

/** What the same close has sent or been refused before; empty when it was not asked for. */
export async function closedBefore(
  { ledger }: Pick<OrderPorts, "ledger">,
  closeId: string,
  position: Held,
): Promise<ClosedPosition[]> {
  const [whole, first] = await Promise.all([
    ledger.order(wholeId(closeId, position)),
    ledger.order(partId(closeId, position, 1)),
  ]);
  if (!whole && !first) return [];
  const others = Array.from({ length: first ? FLATTEN_PARTS_MAX - 1 : 0 }, (_, at) =>
    ledger.order(partId(closeId, position, at + 2)),
  );
  const known = [whole, first, ...(await Promise.all(others))].filter((each) => each !== null);
  return together(
    known.map((order): ClosedPosition => {
      const refusal = order.refusal && refusalError(order.refusal, position.instrument);
      return rowOf(position, refusal ? null : order, refusal);
    }),
  );
}

/** Each order that went, and the first refusal for all that did not. */
function together(rows: readonly ClosedPosition[]): ClosedPosition[] {
  const refused = rows.find(({ refusal }) => refusal !== null);
  return [...rows.filter(({ refusal }) => refusal === null), ...(refused ? [refused] : [])];
}

export const rowOf = (
  { algoId, account, instrument }: Held,
  order: Order | null,
  refusal: ApiError | null,
): ClosedPosition => ({ algoId, account, instrument, order, refusal });

export async function closingOrders(
  ports: Pick<OrderPorts, "market">,
  closing: Closing,
): Promise<ClosingOrders> {
  const { closeId, position, quantity, round } = closing;
  const { algoId, account, instrument: id } = position;
  const market = ports.market(account);
  const instrument = (await market?.instrument(id)) ?? null;
  const parts = partsFor(closing, instrument);
  const requests = parts.map((part, at): OrderRequest => ({
    clientOrderId:
      parts.length > 1 ? partId(closeId, position, at + 1) : wholeId(closeId, position),
    algoId,
    account,
    instrument: id,
    side: closingSide(position),
    type: "market",
    quantity: decimalText(part),
    timeInForce: market ? closingTime(market) : "day",
    reduceOnly: true,
    round,
  }));
  const rest = parts.reduce((left, part) => left.minus(part), quantity);
  if (!instrument || parts.length < 2 || rest.lt(instrument.lotSize))
    return { requests, rest: null };
  const message = `One close sends at most ${FLATTEN_PARTS_MAX} orders, each of at most ${instrument.maxQuantity}, the largest order of ${id}; ${decimalText(rest)} is left: close it under another closeId.`;
  const facts = { scope: `instrument:${id}`, limit: instrument.maxQuantity, have: null };
  return {
    requests,
    rest: apiError("QUANTITY_LIMITS", message, { ...facts, asked: decimalText(quantity) }),
  };
}

function partsFor({ quantity, isThere, round }: Closing, instrument: Instrument | null): Decimal[] {
  const isOne = !instrument || !isThere || quantity.lte(instrument.maxQuantity);
  if (isOne || !(round || isMultipleOf(quantity, decimal(instrument.lotSize)))) return [quantity];
  const parts = partsOf(quantity, instrument);
  return parts.length > 1 ? parts : [quantity];
}

export async function sendClosing(
  ports: OrderPorts,
  caller: Caller,
  closing: Closing,
  now: number,
): Promise<ClosedPosition[]> {
  const { position } = closing;
  const { requests, rest } = await closingOrders(ports, closing);
  const rows = await Promise.all(
    requests.map(async (request) => {
      const sent = await submitOrder(ports, caller, request, now);
      return sent.ok ? rowOf(position, sent.value.order, null) : rowOf(position, null, sent.error);
    }),
  );
  return together(rest ? [...rows, rowOf(position, null, rest)] : rows);
}
