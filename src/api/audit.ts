/** The audit row of a change that another object makes. */
import { callerName } from "../application/order-access.ts";
import { auditStatement } from "../storage/audit.ts";
import type { ApiContext } from "./context.ts";

/**
 * Written before the object is asked: no change without its row, even if the row then stands for one
 * that was refused. The ledger writes its own rows, with what was there before.
 */
export async function auditAsked(
  c: ApiContext,
  action: string,
  subject: string,
  after: unknown,
  reason: string | null = null,
): Promise<void> {
  const { book } = c.get("ports");
  const by = callerName(c.get("caller"));
  const at = c.get("now")();
  await auditStatement(book, { at, by, action, subject, before: null, after, reason });
}
