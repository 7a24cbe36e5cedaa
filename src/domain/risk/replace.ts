/** Whether a live order may get new terms. The dearer of both terms is reserved until the broker has answered. */
import { assert } from "../assert.ts";
import { ZERO } from "../decimal.ts";
import type { OrderChanges } from "../order.ts";
import { isTerminal, transition } from "../order-state.ts";
import { err, ok, type Result } from "../result.ts";
import { caseOf, changedIntent, reservedUnit, type DecideFacts } from "./case.ts";
import { firstRefusal, intentOf } from "./decide.ts";
import type { LedgerEvent } from "./ledger.ts";
import { fundsNeeded } from "./needs.ts";
import { refuse } from "./refusal-of.ts";
import type { Refusal } from "./refusal.ts";
import type { LedgerOrder, LedgerState } from "./state.ts";

/** `ended`: it can trade no more. `absent`: there is no such order. `not_permitted`: not in its present state. */
export type OrderTrouble = "absent" | "ended" | "not_permitted";

export type ReplaceReserved = Extract<LedgerEvent, { kind: "replace_reserved" }>;

/** The event to apply, or why not. Changes nothing. */
export function decideReplace(
  state: LedgerState,
  clientOrderId: string,
  changes: OrderChanges,
  facts: DecideFacts,
  by: string,
  now: number,
): Result<ReplaceReserved, Refusal | OrderTrouble> {
  const entry = state.orders.get(clientOrderId);
  if (!entry) return err("absent");
  if (isTerminal(entry.order.state)) return err("ended");
  if (!transition(entry.order.state, "replace_requested").ok) return err("not_permitted");
  const foreign = foreignTerm(entry, changes);
  if (foreign) return err(foreign);
  const intent = changedIntent(intentOf(entry.order), changes);
  const each = caseOf(state, intent, facts, now, entry);
  const refusal = firstRefusal(each);
  if (refusal) return err(refusal);
  const unit = reservedUnit(each);
  // Less of an order goes by what was known when it was reserved, where nobody knows its instrument now.
  const currency = facts.instrument?.currency ?? each.holding?.currency ?? null;
  assert(unit && currency !== null, "an approved modify has a price and a currency");
  return ok({
    kind: "replace_reserved",
    clientOrderId,
    changes,
    quantity: each.quantity,
    unit,
    funds: fundsNeeded(each) ?? ZERO,
    currency,
    epoch: state.epoch,
    by,
    at: now,
  });
}

/** An order's type has its prices: a modify cannot give it others. */
function foreignTerm({ order }: LedgerOrder, changes: OrderChanges): Refusal | null {
  for (const field of ["limitPrice", "stopPrice"] as const) {
    if (changes[field] === null || order[field] !== null) continue;
    return refuse(
      "NOT_PERMITTED_BY_BROKER",
      { scope: `account:${order.account}` },
      `A ${order.type} order has no ${field}; cancel it and send another.`,
    );
  }
  return null;
}
