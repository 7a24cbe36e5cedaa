/** The orders of a day's reconciliation: gathers what the comparison needs of each book, and the rows that it puts right. */
import type { Order } from "../domain/order.ts";
import {
  compareOrders,
  idsOf,
  isOpenHere,
  isOpenThere,
  matchOf,
  settleOrders,
  type BookOrder,
  type OrderBooks,
  type OrderFinding,
} from "../domain/reconciliation/orders.ts";
import { externalOrderId } from "../domain/reconciliation/synthetic-id.ts";
import type { RiskLedgerPort } from "./ports.ts";
import type { ReconcileBook, TradebookRepairs } from "./reconcile-book.ts";
import type { BrokerBook } from "./reconcile-port.ts";

export interface ReadOrders {
  findings: OrderFinding[];
  repairs: TradebookRepairs["orders"];
  /** How many stand open, in each book. */
  open: { ours: number; theirs: number };
}

type OrderBook = Pick<ReconcileBook, "orders" | "ordersOfBroker" | "byHand">;

/** People's bookings are read, and the ledger is asked, only about what differs: where all agree, neither is. */
export async function readOrders(
  ports: { book: OrderBook; ledger: Pick<RiskLedgerPort, "order"> },
  account: string,
  { orders: theirs, askedAt }: BrokerBook,
): Promise<ReadOrders> {
  const ours = await ourOrders(ports.book, account, theirs);
  const differing = (books: OrderBooks): Set<string> =>
    new Set(compareOrders(books).flatMap((each) => idsOf(each, account)));
  const plain: OrderBooks = { account, ours, theirs, byHand: [], askedAt };
  const agrees = differing(plain).size === 0;
  const books = agrees ? plain : { ...plain, byHand: await ports.book.byHand(account) };
  const asked = differing(books);
  const ledger = new Map<string, Order>();
  for (const id of asked) {
    const order = await ports.ledger.order(id);
    if (order) ledger.set(order.clientOrderId, order);
  }
  const { findings, repair } = settleOrders(books, ledger);
  const rows = new Map<string, BookOrder>(ours.map((each) => [each.clientOrderId, each]));
  return {
    findings,
    repairs: repair.flatMap((id) => {
      const after = ledger.get(id);
      return after ? [{ before: rows.get(id) ?? null, after }] : [];
    }),
    open: {
      ours: ours.filter(isOpenHere).length,
      theirs: theirs.filter(isOpenThere).length,
    },
  };
}

/** What is open, and what the broker names: by our ids, and where it has none of ours by its own. */
async function ourOrders(
  book: OrderBook,
  account: string,
  theirs: BrokerBook["orders"],
): Promise<BookOrder[]> {
  const ids = theirs.flatMap(({ clientOrderId, brokerOrderId }) => {
    const external = externalOrderId(account, brokerOrderId);
    return clientOrderId === null ? [external] : [clientOrderId, external];
  });
  const found = await book.orders(account, ids);
  const ofOurs = matchOf({ account, ours: found });
  const unmatched = theirs.filter((each) => ofOurs(each) === null);
  if (unmatched.length === 0) return found;
  const brokerIds = unmatched.map(({ brokerOrderId }) => brokerOrderId);
  return [...found, ...(await book.ordersOfBroker(account, brokerIds))];
}
