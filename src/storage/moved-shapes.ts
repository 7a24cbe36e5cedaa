/** Which rows of D1 move to files, and where each stands in the lists that people read. */
import type { RowShape } from "../domain/moved-rows.ts";
import type { executions, orders } from "./schema.ts";

export type OrderRow = typeof orders.$inferSelect;

export type ExecutionRow = typeof executions.$inferSelect;

export const ORDER_ROWS: RowShape<OrderRow> = {
  kind: "orders",
  key: ({ createdAt, clientOrderId }) => [createdAt, clientOrderId],
};

export const EXECUTION_ROWS: RowShape<ExecutionRow> = {
  kind: "executions",
  key: ({ executedAt, account, executionId }) => [executedAt, account, executionId],
};
