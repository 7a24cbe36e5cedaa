/**
 * The day's orders three ways: our tradebook, the broker's list, and our ledger as the witness of both.
 * Pure. Where the ledger says what the broker says, the tradebook is put right; where it does not, nobody
 * but a person can say what is true.
 */
import { decimal, decimalText, type DecimalText, ZERO } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import { IN_FLIGHT_AFTER_MS } from "../limits.ts";
import type { OrderState, TimeInForce } from "../order.ts";
import { isTerminal } from "../order-state.ts";
import type { Difference } from "./difference.ts";
import { EXTERNAL_PREFIX, externalOrderId } from "./synthetic-id.ts";

/** An order as one of our own books has it. */
export interface BookOrder {
  clientOrderId: string;
  brokerOrderId: string | null;
  account: string;
  instrument: InstrumentId;
  state: OrderState;
  quantity: DecimalText;
  filledQuantity: DecimalText;
  timeInForce: TimeInForce;
  updatedAt: number;
}

/** The same as the broker tells it. */
export interface TheirOrder {
  clientOrderId: string | null;
  brokerOrderId: string;
  instrument: InstrumentId;
  state: string;
  quantity: DecimalText;
  filledQuantity: DecimalText;
}

/** A part of our order that a person executed, and by which order of the broker. */
export interface ByHand {
  clientOrderId: string;
  brokerOrderId: string;
  quantity: DecimalText;
}

export interface OrderBooks {
  account: string;
  /** Those that are open in our tradebook, and all that the broker names. */
  ours: readonly BookOrder[];
  /** Open now, and ended in the day. */
  theirs: readonly TheirOrder[];
  /** What people executed of ours: their word stands for the broker's orders that they named. */
  byHand: readonly ByHand[];
  /** When the broker was asked, by our clock. */
  askedAt: number;
}

export interface OrderFinding {
  difference: Difference;
  outcome: "repaired" | "noted" | "unresolved";
}

/** On the desk, or on its way: what is not there proves nothing of it. */
const UNSURE: ReadonlySet<OrderState> = new Set(["pending_new", "unknown", "dead_lettered"]);

const OPEN_THERE: ReadonlySet<string> = new Set(["new", "pending_trigger", "partially_filled"]);

export const isOpenThere = ({ state }: Pick<TheirOrder, "state">): boolean => OPEN_THERE.has(state);

export const isOpenHere = ({ state }: Pick<BookOrder, "state">): boolean =>
  !isTerminal(state) && !UNSURE.has(state);

/** Our order that the broker's is: by our id, by the id that we give to strangers, or by the broker's own. */
export function matchOf({
  account,
  ours,
}: Pick<OrderBooks, "account" | "ours">): (
  theirs: Pick<TheirOrder, "clientOrderId" | "brokerOrderId">,
) => BookOrder | null {
  const byId = new Map(ours.map((each) => [each.clientOrderId, each]));
  const byBroker = new Map(ours.map((each) => [each.brokerOrderId, each]));
  return ({ clientOrderId, brokerOrderId }) =>
    byId.get(clientOrderId ?? "") ??
    byId.get(externalOrderId(account, brokerOrderId)) ??
    byBroker.get(brokerOrderId) ??
    null;
}

/** Everything in which the two disagree, and then what stands in both: by order, the same whenever it is asked. */
export function compareOrders(books: OrderBooks): Difference[] {
  const ofOurs = matchOf(books);
  const seen = new Set<string>();
  const apart: Difference[] = [];
  const standing: Difference[] = [];
  for (const theirs of books.theirs) {
    const ours = ofOurs(theirs);
    if (ours) seen.add(ours.clientOrderId);
    const found = ours ? differencesOf(ours, theirs, books.byHand) : unknownHere(theirs);
    apart.push(...found);
    if (ours && found.length === 0 && isOpenThere(theirs)) standing.push(leftOpen(ours, theirs));
  }
  for (const ours of books.ours)
    if (isOpenHere(ours) && !seen.has(ours.clientOrderId) && isSettled(ours, books))
      apart.push(missingThere(ours));
  return [...apart, ...standing];
}

/** What has ended there without us is told by its executions, or was nothing. */
function unknownHere(theirs: TheirOrder): Difference[] {
  if (!isOpenThere(theirs)) return [];
  const { clientOrderId, brokerOrderId, instrument } = theirs;
  return [{ kind: "external_order", clientOrderId, brokerOrderId, instrument }];
}

function differencesOf(
  ours: BookOrder,
  theirs: TheirOrder,
  allByHand: readonly ByHand[],
): Difference[] {
  const orderId = ours.clientOrderId;
  const about = { orderId, instrument: ours.instrument };
  const found: Difference[] = [];
  if (!sameEnd(ours, theirs))
    found.push({ kind: "state_differs", ...about, ours: ours.state, theirs: theirs.state });
  const isClaimed = allByHand.some((each) => each.brokerOrderId === theirs.brokerOrderId);
  if (isClaimed || isShifted(ours, theirs)) return found;
  // Executed by another order of the broker's, it is in our figures and not in those of this one.
  const byHand = allByHand
    .filter((each) => each.clientOrderId === orderId)
    .reduce((sum, { quantity }) => sum.plus(decimal(quantity)), ZERO);
  const beside = byHand.eq(ZERO) ? {} : { byHand: decimalText(byHand) };
  const own = (text: DecimalText): DecimalText => decimalText(decimal(text).minus(byHand));
  const filled = { ours: own(ours.filledQuantity), theirs: theirs.filledQuantity, ...beside };
  if (!decimal(filled.ours).eq(decimal(filled.theirs)))
    found.push({ kind: "order_filled_differs", ...about, ...filled });
  const size = { ours: own(ours.quantity), theirs: theirs.quantity, ...beside };
  // New terms that are on their way may be in either.
  const isSteady = isOpenHere(ours) && isOpenThere(theirs) && ours.state !== "pending_replace";
  if (isSteady && !decimal(size.ours).eq(decimal(size.theirs)))
    found.push({ kind: "order_quantity_differs", ...about, ...size });
  return found;
}

/** What an adopted order had traded before us is in the broker's figures, and in neither of ours. */
function isShifted(ours: BookOrder, theirs: TheirOrder): boolean {
  if (!ours.clientOrderId.startsWith(EXTERNAL_PREFIX)) return false;
  const before = decimal(theirs.quantity).minus(decimal(ours.quantity));
  return (
    before.gte(ZERO) &&
    before.eq(decimal(theirs.filledQuantity).minus(decimal(ours.filledQuantity)))
  );
}

/** A broker's list may lag behind: what has just come proves nothing by not being in it. */
const isSettled = ({ updatedAt }: BookOrder, { askedAt }: OrderBooks): boolean =>
  askedAt - updatedAt >= IN_FLIGHT_AFTER_MS;

/** Which of the ends it was is a matter of words; whether it has ended is not. */
const sameEnd = (ours: BookOrder, theirs: TheirOrder): boolean =>
  isOpenThere(theirs) ? isOpenHere(ours) : isTerminal(ours.state);

const missingThere = ({ clientOrderId, instrument, state }: BookOrder): Difference => ({
  kind: "order_missing_there",
  orderId: clientOrderId,
  instrument,
  ours: state,
});

const leftOpen = (ours: BookOrder, theirs: TheirOrder): Difference => ({
  kind: "order_left_open",
  orderId: ours.clientOrderId,
  instrument: ours.instrument,
  timeInForce: ours.timeInForce,
  filled: theirs.filledQuantity,
  quantity: theirs.quantity,
});

/** Under which ids our ledger may have the order that a difference is about. */
export function idsOf(difference: Difference, account: string): string[] {
  switch (difference.kind) {
    case "state_differs":
    case "order_filled_differs":
    case "order_quantity_differs":
    case "order_missing_there":
      return [difference.orderId];
    case "external_order": {
      const { clientOrderId, brokerOrderId } = difference;
      const external = externalOrderId(account, brokerOrderId);
      return clientOrderId === null ? [external] : [clientOrderId, external];
    }
    case "order_left_open":
    case "missing_here":
    case "missing_there":
    case "quantity_differs":
    case "price_differs":
    case "external_fill":
    case "position_differs":
    case "funds_differ":
      return [];
  }
}

/**
 * The differences with their outcome, and whose rows of the tradebook have to be the ledger's. `ledger`:
 * the orders that the differences are about, as the ledger has them.
 */
export function settleOrders(
  books: OrderBooks,
  ledger: ReadonlyMap<string, BookOrder>,
): { findings: OrderFinding[]; repair: string[] } {
  const { account } = books;
  const rows = new Map(books.ours.map((each) => [each.clientOrderId, each]));
  for (const [id, order] of ledger) rows.set(id, order);
  const left = compareOrders({ ...books, ours: [...rows.values()] });
  // A row that would be right in one thing and wrong in another is nobody's to write.
  const contested = new Set(left.filter(isApart).flatMap((each) => idsOf(each, account)));
  const repair = new Set<string>();
  const apart = compareOrders(books)
    .filter(isApart)
    .map((difference): OrderFinding => {
      const id = idsOf(difference, account).find((each) => ledger.has(each));
      if (id === undefined || contested.has(id)) return { difference, outcome: "unresolved" };
      repair.add(id);
      return { difference, outcome: "repaired" };
    });
  const standing = left
    .filter((each) => !isApart(each))
    .map((difference): OrderFinding => ({ difference, outcome: "noted" }));
  return { findings: [...apart, ...standing], repair: [...repair] };
}

const isApart = ({ kind }: Difference): boolean => kind !== "order_left_open";
