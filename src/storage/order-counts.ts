/** How many orders stand in each state, and why orders were denied: for the metrics. */
import { count, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { executions, orders } from "./schema.ts";

export interface OrderCounts {
  states: { state: string; count: number }[];
  refusals: { code: string; count: number }[];
  executions: number;
}

export async function orderCounts(book: Database): Promise<OrderCounts> {
  const code = sql<string>`coalesce(json_extract(${orders.refusal}, '$.code'), 'none')`;
  const [states, refusals, [filled]] = await book.batch([
    book.select({ state: orders.state, count: count() }).from(orders).groupBy(orders.state),
    book
      .select({ code, count: count() })
      .from(orders)
      .where(eq(orders.state, "denied"))
      .groupBy(code),
    book.select({ count: count() }).from(executions),
  ]);
  return { states, refusals, executions: filled?.count ?? 0 };
}
