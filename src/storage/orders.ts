/** Orders as the tradebook has them: every one there was, also those that the ledger has archived. */
import { and, desc, eq, getTableColumns, gte, inArray, lt, notInArray } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { OrderListQuery } from "../contract/order-list.ts";
import type { OrderView } from "../contract/orders.ts";
import type { Page } from "../contract/primitives.ts";
import { TERMINAL_STATES } from "../domain/order-state.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, olderThan, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { orders } from "./schema.ts";

/** What a reader is shown: the version that approved the order, and not the guard against older writes. */
const { ledgerVersion: _guard, approvedVersion, ...columns } = getTableColumns(orders);

const cursorKey = z.tuple([z.number(), z.string()]);

/**
 * Newest first; `from` is included, `to` is not. A change of the last moment may be missing, and an order's
 * bracket is told by the order itself.
 */
export async function ordersPage(
  book: Database,
  query: OrderListQuery,
): Promise<Result<Page<OrderView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const { createdAt, clientOrderId, state } = orders;
  const ended = [...TERMINAL_STATES];
  const rows = await book
    .select({ ...columns, ledgerVersion: approvedVersion })
    .from(orders)
    .where(
      and(
        query.algoId === undefined ? undefined : eq(orders.algoId, query.algoId),
        query.instrument === undefined ? undefined : eq(orders.instrument, query.instrument),
        query.state === undefined ? undefined : eq(state, query.state),
        query.open === undefined ? undefined : (query.open ? notInArray : inArray)(state, ended),
        query.from === undefined ? undefined : gte(createdAt, query.from),
        query.to === undefined ? undefined : lt(createdAt, query.to),
        olderThan([createdAt, clientOrderId], after.value),
      ),
    )
    .orderBy(desc(createdAt), desc(clientOrderId))
    .limit(query.limit + 1);
  return ok(
    pageFrom(
      rows,
      query.limit,
      (row) => [row.createdAt, row.clientOrderId],
      (row) => row,
    ),
  );
}
