/** On which days an order may have come: by its row in D1, and by the marks of those that have left it. */
import { sql, type SQL } from "drizzle-orm";
import { idMark } from "../domain/id-marks.ts";
import { movedIds, orders } from "./schema.ts";

/** A query of one column: days as `tradingDay` has them, one more now and then, and none of an order that nobody knows. */
export function daysOfOrder(clientOrderId: string): SQL {
  const { bucket, mark } = idMark(clientOrderId);
  return sql`SELECT strftime('%Y-%m-%d', ${orders.createdAt} / 1000, 'unixepoch') FROM ${orders}
      WHERE ${orders.clientOrderId} = ${clientOrderId}
    UNION SELECT ${movedIds.day} FROM ${movedIds}
      WHERE ${movedIds.bucket} = ${bucket} AND instr(${movedIds.marks}, ${mark}) > 0`;
}
