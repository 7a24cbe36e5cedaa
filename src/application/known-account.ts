/** Whether there is an account by the name that a scope gives: a mistyped one must not read as halted, or as limited. */
import type { ApiError } from "../contract/errors.ts";
import { PAGE_ROWS_MAX } from "../domain/limits.ts";
import { parseScope, type ScopeText } from "../domain/scope.ts";
import { badField } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";

/**
 * Null where the scope may be shut. What the ledger still has under an account that this deployment has no more
 * can be shut as well. An algo or an instrument may be shut before it is first heard of.
 */
export async function unknownAccountOf(
  ports: Pick<OrderPorts, "accounts" | "ledger">,
  scope: ScopeText,
  path = "scope",
): Promise<ApiError | null> {
  const parsed = parseScope(scope);
  if (parsed?.kind !== "account" || ports.accounts.includes(parsed.account)) return null;
  if (await isUsed(ports, parsed.account)) return null;
  return badField(path, `there is no account ${parsed.account}`);
}

async function isUsed({ ledger }: Pick<OrderPorts, "ledger">, account: string): Promise<boolean> {
  const isIts = (each: { account: string }): boolean => each.account === account;
  if ((await ledger.positions()).some(isIts)) return true;
  let cursor: string | null | undefined;
  do {
    const query = { open: true, limit: PAGE_ROWS_MAX };
    const page = await ledger.orders(cursor ? { ...query, cursor } : query);
    if (page.items.some(isIts)) return true;
    cursor = page.nextCursor;
  } while (cursor);
  return false;
}
