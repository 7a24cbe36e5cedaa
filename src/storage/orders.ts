/** Orders as the tradebook has them: every one there was, also those that the ledger has archived, and those whose day has moved to files. */
import { and, desc, eq, gte, inArray, lt, notInArray, sql } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { OrderListQuery } from "../contract/order-list.ts";
import type { OrderView } from "../contract/orders.ts";
import type { Page } from "../contract/primitives.ts";
import { isTerminal, TERMINAL_STATES } from "../domain/order-state.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, encodeCursor, olderThan } from "./cursor.ts";
import type { Database } from "./database.ts";
import { movedPage, partsQuery } from "./moved-pages.ts";
import { ORDER_ROWS, type OrderRow } from "./moved-shapes.ts";
import { orders } from "./schema.ts";

const cursorKey = z.tuple([z.number(), z.string()]);

/**
 * Newest first; `from` is included, `to` is not. A change of the last moment may be missing, and an order's
 * bracket is told by the order itself. Throws where a file cannot be read: half a list is never told.
 */
export async function ordersPage(
  book: Database,
  archive: R2Bucket,
  query: OrderListQuery,
): Promise<Result<Page<OrderView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const span = { ...query, after: after.value };
  const { createdAt, clientOrderId, state } = orders;
  const ended = [...TERMINAL_STATES];
  const isAsked = and(
    query.algoId === undefined ? undefined : eq(orders.algoId, query.algoId),
    query.instrument === undefined ? undefined : eq(orders.instrument, query.instrument),
    query.state === undefined ? undefined : eq(state, query.state),
    query.open === undefined ? undefined : (query.open ? notInArray : inArray)(state, ended),
    query.from === undefined ? undefined : gte(createdAt, query.from),
    query.to === undefined ? undefined : lt(createdAt, query.to),
    olderThan([createdAt, clientOrderId], after.value),
  );
  const inOrder = [desc(createdAt), desc(clientOrderId)];
  const times = book.select({ createdAt }).from(orders).where(isAsked);
  const beyond = times
    .orderBy(...inOrder)
    .limit(1)
    .offset(query.limit);
  const rowsOfD1 = book.select().from(orders).where(isAsked);
  const [own, parts] = await book.batch([
    rowsOfD1.orderBy(...inOrder).limit(query.limit + 1),
    partsQuery(book, "orders", span, beyond),
  ]);
  const { rows, next } = await movedPage({
    shape: ORDER_ROWS,
    archive,
    span,
    limit: query.limit,
    own,
    // What has moved had ended.
    parts: query.open === true ? [] : parts,
    isWanted: (row) =>
      (query.state === undefined || row.state === query.state) &&
      (query.open === undefined || isTerminal(row.state) !== query.open),
    current: (some) => currentOrders(book, some),
  });
  return ok({ items: rows.map(orderView), nextCursor: next && encodeCursor(next) });
}

/** What D1 has of these. */
function currentOrders(book: Database, rows: readonly OrderRow[]): Promise<OrderRow[]> {
  const ids = JSON.stringify(rows.map(({ clientOrderId }) => clientOrderId));
  return book
    .select()
    .from(orders)
    .where(sql`${orders.clientOrderId} IN (SELECT value FROM json_each(${ids}))`);
}

/** What a reader is shown: the version that approved the order, and not the guard against older writes. */
const orderView = ({ approvedVersion, ...row }: OrderRow): OrderView => ({
  ...row,
  ledgerVersion: approvedVersion,
});
