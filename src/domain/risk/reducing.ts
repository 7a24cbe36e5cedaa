/** What stands to reduce a position, and what is there to be reduced: for the gateway that holds those orders. */
import { decimalText, ZERO, type DecimalText } from "../decimal.ts";
import type { OrderIntent, Side } from "../order.ts";
import { closableNow } from "./allowance.ts";
import { closable } from "./money-at-risk.ts";
import type { Holding, LedgerOrder, LedgerState } from "./state.ts";

/** Quantities are in units of the instrument. */
export interface Reducing {
  algoId: string;
  instrument: string;
  /** Of the orders that reduce. */
  side: Side;
  /** What the algo holds for them to close. */
  held: DecimalText;
  /** What of that its account still has: the rest was traded against it past the platform. */
  closable: DecimalText;
  /** Oldest first; empty where all of them together close no more than that. */
  orders: Pick<OrderIntent, "clientOrderId" | "exit">[];
}

/** One for each side of a holding on which orders that may only reduce are open; none when there are no such orders. */
export function reducingOf(state: LedgerState, account: string): Reducing[] {
  const holdings = [...state.holdings.values()].filter((each) => each.account === account);
  return holdings.flatMap((holding) => [
    ...reducingOn(state, holding, "buy"),
    ...reducingOn(state, holding, "sell"),
  ]);
}

function reducingOn(state: LedgerState, holding: Holding, side: Side): Reducing[] {
  const open: LedgerOrder[] = [];
  for (const entry of holding.orders.values())
    if (entry.order.reduceOnly && entry.order.side === side) open.push(entry);
  if (open.length === 0) return [];
  const most = closableNow(state, holding, side);
  const all = open.reduce((sum, { share }) => sum.plus(share?.quantity ?? ZERO), ZERO);
  return [
    {
      algoId: holding.algoId,
      instrument: holding.instrument,
      side,
      held: decimalText(closable(holding.position.quantity, side)),
      closable: decimalText(most),
      orders: all.lte(most) ? [] : open.map(({ order }) => named(order)),
    },
  ];
}

const named = ({ clientOrderId, exit }: OrderIntent): Reducing["orders"][number] => ({
  clientOrderId,
  ...(exit ? { exit } : {}),
});
