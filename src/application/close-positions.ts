/**
 * Closes positions: one market order for each, which may only reduce. Every order's id comes from the
 * caller's close id, so that asking again finds the orders of the first time and places no others.
 */
import type { ApiError } from "../contract/errors.ts";
import type { ClosePositionsRequest, OrderRequest, PositionView } from "../contract/orders.ts";
import { decimal, decimalText, minDecimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { closableOf } from "../domain/risk/allowance.ts";
import { orderIdFor } from "../domain/derived-id.ts";
import { CLOSE_CANCEL_POLL_MS, CLOSE_CANCEL_WAIT_MS } from "../domain/limits.ts";
import type { Order } from "../domain/order.ts";
import { isTerminal } from "../domain/order-state.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Caller } from "./caller.ts";
import { ownFilter, unknownAccount, type CancelOrdersAnswer } from "./cancel-orders.ts";
import { cancelAll } from "./cancel-all.ts";
import { callerName } from "./order-access.ts";
import { badField, refusalError } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import { submitOrder } from "./submit-order.ts";

export interface ClosedPosition {
  algoId: string;
  account: string;
  instrument: string;
  /** The closing order; null when it was refused. */
  order: Order | null;
  refusal: ApiError | null;
}

export interface ClosePositionsAnswer {
  positions: ClosedPosition[];
  cancels: CancelOrdersAnswer;
}

/** Positions that are closed at once: the broker's rate is the gateway's business. */
const CLOSED_AT_ONCE = 10;

export async function closePositions(
  ports: OrderPorts,
  caller: Caller,
  request: ClosePositionsRequest,
  now: number,
): Promise<Result<ClosePositionsAnswer, ApiError>> {
  const own = ownFilter(caller, request);
  if (!own.ok) return own;
  const all = await ports.ledger.positions();
  const held = all.filter((each) => isMeant(each, own.value));
  const unknown = held.length === 0 ? unknownAccount(ports, request) : null;
  if (unknown) return err(unknown);
  const open = held.filter(({ quantity }) => !decimal(quantity).eq(ZERO));
  if (request.quantity !== undefined && open.length > 1)
    return err(
      badField("quantity", `${open.length} positions are meant; name algoId and account, too`),
    );
  const cancels = request.cancelOpen
    ? await clearTheWay(ports, caller, open)
    : { openOrders: 0, cancelsSent: 0, notSent: 0 };
  // What was canceled may have filled in part before: what is closed is what it has left.
  const present = cancels.openOrders > 0 ? await ports.ledger.positions() : all;
  const positions: ClosedPosition[] = [];
  for (let start = 0; start < held.length; start += CLOSED_AT_ONCE) {
    const some = held.slice(start, start + CLOSED_AT_ONCE);
    const closed = await Promise.all(
      some.map((before) => {
        const position = asIn(present, before);
        const left = leftOf(present, position);
        const quantity = quantityOf(request, leftOf(all, before), left);
        return close(ports, caller, request, position, quantity, now);
      }),
    );
    positions.push(...closed.filter((each) => each !== null));
  }
  return ok({ positions, cancels });
}

const asIn = (present: readonly PositionView[], before: PositionView): PositionView =>
  present.find(
    ({ algoId, account, instrument }) =>
      algoId === before.algoId && account === before.account && instrument === before.instrument,
  ) ?? before;

/** Of what was there when it was asked for, no more than is left; what never was there is the ledger's to refuse. */
function quantityOf({ quantity }: ClosePositionsRequest, before: Decimal, left: Decimal): Decimal {
  if (quantity === undefined) return left;
  const asked = decimal(quantity);
  return asked.lte(before) ? minDecimal(asked, left) : asked;
}

const isMeant = (
  { algoId, account, instrument }: PositionView,
  meant: ClosePositionsRequest,
): boolean =>
  (meant.algoId ?? algoId) === algoId &&
  (meant.account ?? account) === account &&
  (meant.instrument ?? instrument) === instrument;

const closingSide = ({ quantity }: PositionView): "buy" | "sell" =>
  decimal(quantity).gt(ZERO) ? "sell" : "buy";

/** Cancels what rests on the closing side, and waits a bounded time until the broker has said so. */
async function clearTheWay(
  ports: OrderPorts,
  caller: Caller,
  open: readonly PositionView[],
): Promise<CancelOrdersAnswer> {
  const by = callerName(caller);
  const sum: CancelOrdersAnswer = { openOrders: 0, cancelsSent: 0, notSent: 0 };
  const canceled: Order[] = [];
  for (const position of open) {
    const { algoId, account, instrument } = position;
    const filter = { algoId, account, instrument, side: closingSide(position) };
    const { openOrders, toCancel } = await ports.ledger.requestCancels(filter, by);
    const cancelsSent = await cancelAll(ports, toCancel);
    sum.openOrders += openOrders;
    sum.cancelsSent += cancelsSent;
    sum.notSent += openOrders - cancelsSent;
    canceled.push(...toCancel);
  }
  await ended(ports, canceled);
  return sum;
}

/** Past the bound the closing order is tried all the same: the ledger refuses what the others might still fill. */
async function ended(ports: OrderPorts, orders: readonly Order[]): Promise<void> {
  const sleep = ports.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  let waiting = orders.map(({ clientOrderId }) => clientOrderId);
  for (let waitedMs = 0; waitedMs < CLOSE_CANCEL_WAIT_MS; waitedMs += CLOSE_CANCEL_POLL_MS) {
    const now = await Promise.all(waiting.map((id) => ports.ledger.order(id)));
    waiting = now.flatMap((order) =>
      order && !isTerminal(order.state) ? [order.clientOrderId] : [],
    );
    if (waiting.length === 0) return;
    await sleep(CLOSE_CANCEL_POLL_MS);
  }
}

/** What of it was not closed past the platform; where that is nothing, the ledger says so by refusing the whole. */
function leftOf(all: readonly PositionView[], position: PositionView): Decimal {
  const left = closableOf(all, position);
  return left.gt(ZERO) ? left : decimal(position.quantity).abs();
}

/** Null for a position that is flat and was not closed under this id. */
async function close(
  ports: OrderPorts,
  caller: Caller,
  request: ClosePositionsRequest,
  position: PositionView,
  quantity: Decimal,
  now: number,
): Promise<ClosedPosition | null> {
  const { algoId, account, instrument } = position;
  const about = { algoId, account, instrument };
  const clientOrderId = orderIdFor(request.closeId, algoId, account, instrument);
  const known = await ports.ledger.order(clientOrderId);
  if (known) {
    const refusal = known.refusal && refusalError(known.refusal, instrument);
    return { ...about, order: refusal ? null : known, refusal };
  }
  const held = decimal(position.quantity).abs();
  if (held.eq(ZERO)) return null;
  const order: OrderRequest = {
    clientOrderId,
    ...about,
    side: closingSide(position),
    type: "market",
    quantity: decimalText(quantity),
    timeInForce: "day",
    reduceOnly: true,
    // What is left of a position that was cut may be no whole number of lots.
    round: request.quantity === undefined || decimal(request.quantity).gt(quantity),
  };
  const sent = await submitOrder(ports, caller, order, now);
  return sent.ok
    ? { ...about, order: sent.value.order, refusal: null }
    : { ...about, order: null, refusal: sent.error };
}
