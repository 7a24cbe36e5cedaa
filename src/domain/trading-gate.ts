/** The kill switch and the fencing epoch as a gateway checks them just before it sends. */
import type { ReservedOrder } from "./order.ts";
import { parseScope, type ScopeText } from "./scope.ts";

/** A kill switch as a gateway keeps it: also after the reset, because of what was approved before. */
export interface Halt {
  scope: ScopeText;
  /** The highest ledger version that halted this scope: nothing approved at or below it ever leaves. */
  haltVersion: number;
  /** The highest version heard of for this scope, halting or resuming: an older message is ignored. */
  version: number;
  halted: boolean;
}

/**
 * Folds a halt or a resume into what is known of the scope. Either names the version that halted: the
 * news of a halt may never have come before its resume does, and what it stopped stays stopped.
 */
export function foldHalt(known: Halt | null, change: Halt): Halt {
  const { scope, version, halted } = change;
  const haltVersion = Math.max(known?.haltVersion ?? 0, change.haltVersion);
  // A late halt still stops what it was meant to stop, though the scope has been resumed since.
  if (known && known.version > version) return { ...known, haltVersion };
  return { scope, haltVersion, version, halted };
}

function covers(scope: ScopeText, order: ReservedOrder): boolean {
  const parsed = parseScope(scope);
  switch (parsed?.kind) {
    case undefined:
      // A scope that cannot be read stops everything: never trade on doubt.
      return true;
    case "portfolio":
      return true;
    case "account":
      return parsed.account === order.intent.account;
    case "algo":
      return parsed.algoId === order.intent.algoId;
    case "instrument":
      return parsed.instrument === order.intent.instrument;
  }
}

/** Approved under a lease that is over. */
export const isFenced = (order: Pick<ReservedOrder, "epoch">, epochSeen: number): boolean =>
  order.epoch < epochSeen;

/** A flatten may wait here for its turn at the broker's rate while a person lifts the halt that it closes. */
function holdsUp({ halted, haltVersion, version }: Halt, order: ReservedOrder): boolean {
  if (order.ledgerVersion <= haltVersion) return true;
  return order.flattens === true ? !halted && order.ledgerVersion <= version : halted;
}

/**
 * Why this order must not leave, or null. While a scope is halted nothing under it leaves; after its
 * reset, what was approved before the halt still does not. An epoch below the highest one seen
 * belongs to a region that lost the lease. A flatten that was approved after the halt goes, until the reset.
 */
export function stopReason(
  order: ReservedOrder,
  halts: readonly Halt[],
  epochSeen: number,
): string | null {
  if (isFenced(order, epochSeen))
    return `stopped: epoch ${order.epoch} is over, the lease is at epoch ${epochSeen}`;
  const halt = halts.find((each) => covers(each.scope, order) && holdsUp(each, order));
  return halt ? `stopped: kill switch on ${halt.scope}` : null;
}
