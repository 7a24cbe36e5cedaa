/** Which orders are listed: those of the ledger now, or those of a span of time. */
import type { z } from "zod";
import { ordersQuery } from "./orders.ts";
import { timestampQuery, VERSION_CURSOR_MESSAGE, VERSION_CURSOR_PATTERN } from "./primitives.ts";

/** With a time the tradebook is asked, which has all; without one the ledger, which has what is open and the last days. */
export const orderListQuery = ordersQuery
  .extend({ from: timestampQuery.optional(), to: timestampQuery.optional() })
  .superRefine(({ from, to, cursor }, ctx) => {
    const wrong = (path: string, message: string): void =>
      ctx.addIssue({ code: "custom", path: [path], message });
    if (from !== undefined && to !== undefined && to <= from) wrong("to", "must be after from");
    if (from !== undefined || to !== undefined || cursor === undefined) return;
    if (!VERSION_CURSOR_PATTERN.test(cursor)) wrong("cursor", VERSION_CURSOR_MESSAGE);
  });

export type OrderListQuery = z.infer<typeof orderListQuery>;
