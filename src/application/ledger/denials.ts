/** What becomes of a denial: an order that says something new, or one more of a flood. Only inside a transaction. */
import type { Order, OrderIntent } from "../../domain/order.ts";
import { archivedEntry } from "../../domain/risk/archived.ts";
import { NO_UNIT_RISK } from "../../domain/risk/money-at-risk.ts";
import { newEntry } from "../../domain/risk/entry.ts";
import type { LedgerOrder, LedgerState } from "../../domain/risk/state.ts";
import type { LedgerBook } from "./book.ts";

/**
 * Stores a denial as an order, or counts it when it is one of a flood: then only its id is kept, so that
 * the same intent again is refused by the same words.
 */
export function deny(book: LedgerBook, state: LedgerState, order: Order, at: number): void {
  book.noteDenied(order, at);
  if (book.denials.isRepeat(order, at)) book.storage.keepRepeatedDenial(order);
  else book.apply(state, { kind: "denied", order }, at);
  tellRepeats(book, state, at);
}

/** What was counted goes to the tradebook, each second's once. */
export function tellRepeats(book: LedgerBook, state: LedgerState, at: number): void {
  for (const { algoId, code, since, repeats } of book.denials.ended(at)) {
    const reason = `${repeats} more denials in the second from ${new Date(since).toISOString()}`;
    const facts = { code, since, repeats };
    book.audit(state.version, at, "denials_counted", `algo:${algoId}`, null, facts, reason);
  }
}

/** A denial that was only counted, as an order. */
export function findRepeated(
  book: LedgerBook,
  state: LedgerState,
  clientOrderId: string,
): LedgerOrder | null {
  const order = book.storage.repeatedDenial(clientOrderId);
  return order && book.hold(state, newEntry(order, NO_UNIT_RISK));
}

/** An archived order, for an intent under its id: as it ended for the same one, as another's for any other. */
export function findArchived(
  book: LedgerBook,
  state: LedgerState,
  intent: OrderIntent,
): LedgerOrder | null {
  const archived = book.storage.archived(intent.clientOrderId);
  return archived && book.hold(state, archivedEntry(archived, intent));
}
