/** How many orders came to which state since a time, and why orders were denied: for the metrics. */
import { and, count, eq, gte, max, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { executions, orders, rowParts } from "./schema.ts";

export interface OrderCounts {
  states: { state: string; count: number }[];
  refusals: { code: string; count: number }[];
  executions: number;
}

/** Reads the rows since then only, by index: D1 bills by rows read, and metrics are asked for all day. */
export async function orderCounts(book: Database, since: number): Promise<OrderCounts> {
  const code = sql<string>`coalesce(json_extract(${orders.refusal}, '$.code'), 'none')`;
  const recent = gte(orders.createdAt, since);
  const [states, refusals, [filled]] = await book.batch([
    book
      .select({ state: orders.state, count: count() })
      .from(orders)
      .where(recent)
      .groupBy(orders.state),
    book
      .select({ code, count: count() })
      .from(orders)
      .where(and(recent, eq(orders.state, "denied")))
      .groupBy(code),
    book.select({ count: count() }).from(executions).where(gte(executions.executedAt, since)),
  ]);
  return { states, refusals, executions: filled?.count ?? 0 };
}

/** Time of the newest execution, null before the first: the cheapest proof that the tradebook answers. It may lie in a file by now. */
export async function newestExecution(book: Database): Promise<number | null> {
  const { kind, lastAt } = rowParts;
  const [[own], [moved]] = await book.batch([
    book.select({ newest: max(executions.executedAt) }).from(executions),
    book
      .select({ newest: max(lastAt) })
      .from(rowParts)
      .where(eq(kind, "executions")),
  ]);
  const times = [own?.newest ?? null, moved?.newest ?? null].filter((time) => time !== null);
  return times.length === 0 ? null : Math.max(...times);
}
