/**
 * Funds: what the broker says is available, less what we committed and it cannot have counted yet.
 * A commitment falls away when a balance reading is younger than the broker's first sign of the order.
 */
import { decimal, minDecimal, ZERO, type Decimal, type DecimalText } from "../decimal.ts";
import { reserves, type LedgerOrder, type LedgerState } from "./state.ts";

const fundsKey = (account: string, currency: string): string => `${account}|${currency}`;

/** Null when this account's balances were never read: unknown is not zero. */
export function fundsLeft(state: LedgerState, account: string, currency: string): Decimal | null {
  const balances = state.balances.get(account);
  if (!balances) return null;
  const available = balances.available.get(currency) ?? ZERO;
  return available.minus(state.committed.get(fundsKey(account, currency)) ?? ZERO);
}

/** Commits money for an order, or changes how much. */
export function commitFunds(
  state: LedgerState,
  entry: LedgerOrder,
  commitment: LedgerOrder["commitment"],
): void {
  if (entry.commitment) add(state, entry, entry.commitment.currency, entry.commitment.amount.neg());
  entry.commitment = commitment;
  if (commitment) {
    add(state, entry, commitment.currency, commitment.amount);
    state.committers.add(entry);
  } else state.committers.delete(entry);
}

function add(state: LedgerState, entry: LedgerOrder, currency: string, amount: Decimal): void {
  const key = fundsKey(entry.order.account, currency);
  state.committed.set(key, (state.committed.get(key) ?? ZERO).plus(amount));
}

/** The broker showed that it has the order: a later balance reading counts it. */
export function confirmFunds(state: LedgerState, entry: LedgerOrder, at: number): void {
  if (!entry.commitment || entry.commitment.confirmedAt !== null) return;
  commitFunds(state, entry, { ...entry.commitment, confirmedAt: at });
}

/** New terms were refused: what they needed is committed no more. A reading since may have counted the rest. */
export function withdrawAskedFunds(state: LedgerState, entry: LedgerOrder): void {
  const before = entry.asked?.before;
  if (before === undefined) return;
  const readAt = state.balances.get(entry.order.account)?.at ?? -Infinity;
  const isCounted = before !== null && before.confirmedAt !== null && before.confirmedAt < readAt;
  commitFunds(state, entry, isCounted ? null : before);
}

/** An order that can trade no more holds only what its fills cost, and the next reading shows it. */
export function settleFunds(state: LedgerState, entry: LedgerOrder): void {
  const { commitment } = entry;
  if (!commitment || reserves(entry)) return;
  const amount = minDecimal(commitment.amount, entry.fillCost);
  const confirmedAt = commitment.confirmedAt ?? entry.order.updatedAt;
  commitFunds(state, entry, amount.eq(ZERO) ? null : { ...commitment, amount, confirmedAt });
}

/** Takes a reading in and drops the commitments that it has counted. Answers the orders that lost one. */
export function applyBalances(
  state: LedgerState,
  account: string,
  balances: readonly { currency: string; available: DecimalText }[],
  at: number,
): LedgerOrder[] {
  const known = state.balances.get(account);
  if (known && known.at > at) return [];
  const available = balances.map((each): [string, Decimal] => [
    each.currency,
    decimal(each.available),
  ]);
  state.balances.set(account, { at, available: new Map(available) });
  const counted = [...state.committers].filter(
    ({ order, commitment }) =>
      order.account === account && (commitment?.confirmedAt ?? Number.POSITIVE_INFINITY) <= at,
  );
  for (const entry of counted) commitFunds(state, entry, null);
  return counted;
}
