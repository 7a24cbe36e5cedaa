/**
 * Closes positions by market orders that may only reduce. Asking again finds the orders of the first time, and
 * places and cancels no others.
 */
import type { ApiError } from "../contract/errors.ts";
import type { ClosePositionsRequest, PositionView } from "../contract/orders.ts";
import { decimal, minDecimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { closableOf } from "../domain/risk/allowance.ts";
import { CLOSE_CANCEL_POLL_MS, CLOSE_CANCEL_WAIT_MS } from "../domain/limits.ts";
import type { Order } from "../domain/order.ts";
import { isTerminal } from "../domain/order-state.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Caller } from "./caller.ts";
import { ownFilter, unknownAccount, type CancelOrdersAnswer } from "./cancel-orders.ts";
import { cancelAll } from "./cancel-all.ts";
import {
  closedBefore,
  closingOrders,
  closingSide,
  rowOf,
  sendClosing,
  type ClosedPosition,
  type Closing,
} from "./closing-orders.ts";
import { callerName } from "./order-access.ts";
import { badField } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import { refusalOnceCleared } from "./submit-order.ts";

export interface ClosePositionsAnswer {
  /** One for each closing order, and for each position of which something was refused. */
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
  const meant = await inTurns(held, async (position): Promise<Meant> => {
    const before = await closedBefore(ports, request.closeId, position);
    if (before.length > 0 || isFlat(position)) return { position, rows: before };
    if (!request.cancelOpen) return { position, rows: null };
    const left = leftOf(all, position);
    const closing = closingOf(request, position, left, left);
    const refusal = await whyNot(ports, caller, closing, now);
    return { position, rows: refusal && [rowOf(position, null, refusal)] };
  });
  const toClose = meant.flatMap(({ position, rows }) => (rows ? [] : [position]));
  const cancels = request.cancelOpen
    ? await clearTheWay(ports, caller, toClose)
    : { openOrders: 0, cancelsSent: 0, notSent: 0 };
  // What was canceled may have filled in part before: what is closed is what it has left.
  const present = cancels.openOrders > 0 ? await ports.ledger.positions() : all;
  const positions = await inTurns(meant, async ({ position: before, rows }) => {
    if (rows) return rows;
    const position = asIn(present, before);
    if (isFlat(position)) return [];
    const closing = closingOf(request, position, leftOf(all, before), leftOf(present, position));
    return sendClosing(ports, caller, closing, now);
  });
  return ok({ positions: positions.flat(), cancels });
}

interface Meant {
  position: PositionView;
  /** What is answered of it; null for one that is to be closed. */
  rows: ClosedPosition[] | null;
}

async function inTurns<T, Answer>(
  all: readonly T[],
  each: (one: T) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < all.length; start += CLOSED_AT_ONCE)
    answers.push(...(await Promise.all(all.slice(start, start + CLOSED_AT_ONCE).map(each))));
  return answers;
}

const isFlat = ({ quantity }: PositionView): boolean => decimal(quantity).eq(ZERO);

/** Of what was there when it was asked for, no more than is left; what never was there is the ledger's to refuse. */
function closingOf(
  { closeId, quantity }: ClosePositionsRequest,
  position: PositionView,
  before: Decimal,
  left: Decimal,
): Closing {
  const asked = quantity === undefined ? left : decimal(quantity);
  const isThere = quantity === undefined || asked.lte(before);
  const most = isThere ? minDecimal(asked, left) : asked;
  const round = quantity === undefined || asked.gt(most);
  return { closeId, position, quantity: most, isThere, round };
}

/**
 * Asked before anything is canceled for it: what is refused all the same, after hours say, must not take away the
 * stops of a position that stays open. The parts differ in nothing that is refused by.
 */
async function whyNot(
  ports: OrderPorts,
  caller: Caller,
  closing: Closing,
  now: number,
): Promise<ApiError | null> {
  const [first] = (await closingOrders(ports, closing)).requests;
  return first ? refusalOnceCleared(ports, caller, first, now) : null;
}

const asIn = (present: readonly PositionView[], before: PositionView): PositionView =>
  present.find(
    ({ algoId, account, instrument }) =>
      algoId === before.algoId && account === before.account && instrument === before.instrument,
  ) ?? before;

const isMeant = (
  { algoId, account, instrument }: PositionView,
  meant: ClosePositionsRequest,
): boolean =>
  (meant.algoId ?? algoId) === algoId &&
  (meant.account ?? account) === account &&
  (meant.instrument ?? instrument) === instrument;

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
