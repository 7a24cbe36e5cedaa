/** What the ledger does to orders that it has reserved, and what it answers of them: each one transaction. */
import { assert } from "../../domain/assert.ts";
import type { Lots } from "../../domain/lots.ts";
import type { BrokerBalance } from "../../brokers/broker.ts";
import type { Order, OrderPost } from "../../domain/order.ts";
import { isTerminal, transition } from "../../domain/order-state.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { mayBeArchived } from "../../domain/risk/archived.ts";
import { approvedAgain, type StandingApproval } from "../../domain/risk/decide.ts";
import { exitSize } from "../../domain/risk/exit-size.ts";
import { applyBalances } from "../../domain/risk/funds.ts";
import { forgetEnded, openOrders } from "../../domain/risk/ledger.ts";
import type { LedgerOrder, LedgerState } from "../../domain/risk/state.ts";
import type { OpenOrderFilter, OrderProblem } from "../ports.ts";
import type { LedgerBook } from "./book.ts";
import { InapplicableError, setAsideIncident } from "./set-aside.ts";

/**
 * Applies posts in order, each once. Answers each order as it then stands. One that cannot be applied is
 * set aside, and holds up no other: a gateway posts in order, and would bring the same ones for ever.
 */
export function postAll(book: LedgerBook, posts: OrderPost[], now: number): Order[] {
  try {
    return book.commit(now, (state) => ordersOf(posts, (post) => book.post(state, post)));
  } catch (error) {
    if (!(error instanceof InapplicableError)) throw error;
  }
  return ordersOf(posts, (post) => postOne(book, post, now));
}

function postOne(book: LedgerBook, post: OrderPost, now: number): LedgerOrder | null {
  try {
    return book.commit(now, (state) => book.post(state, post));
  } catch (error) {
    if (!(error instanceof InapplicableError)) throw error;
    const { message } = error;
    return book.commit(now, (state) => setAside(book, state, post, message, now));
  }
}

/** Keeps a post that cannot be applied, and tells. Answers its order as it stands. */
function setAside(
  book: LedgerBook,
  state: LedgerState,
  post: OrderPost,
  reason: string,
  at: number,
): LedgerOrder | null {
  const { clientOrderId, event } = post;
  const entry = book.find(state, clientOrderId);
  const { version } = state;
  const account = entry?.order.account ?? (event.kind === "filled" ? event.execution.account : "");
  book.audit(version, at, "post_set_aside", clientOrderId, null, post, reason);
  const incident = setAsideIncident(post, account, reason, at);
  book.outbox.add(version, { kind: "incident", incident });
  book.tellCommit(state);
  return entry;
}

function ordersOf(posts: OrderPost[], apply: (post: OrderPost) => LedgerOrder | null): Order[] {
  const orders = new Map<string, LedgerOrder>();
  for (const post of posts) {
    const entry = apply(post);
    if (entry) orders.set(post.clientOrderId, entry);
  }
  return [...orders.values()].map(({ order }) => order);
}

export function requestCancel(
  book: LedgerBook,
  clientOrderId: string,
  by: string,
  now: number,
): Result<Order, OrderProblem> {
  return book.commit(now, (state) => {
    const entry = book.find(state, clientOrderId);
    if (!entry) return err("absent");
    if (isTerminal(entry.order.state)) return err("ended");
    if (!transition(entry.order.state, "cancel_requested").ok) return err("not_permitted");
    return ok(book.wishCancel(state, entry, by, now).order);
  });
}

/** Every open order under the filter, in one transaction: no order is approved between two of the wishes. */
export function requestCancels(
  book: LedgerBook,
  filter: OpenOrderFilter,
  by: string,
  now: number,
): { openOrders: number; toCancel: Order[] } {
  return book.commit(now, (state) => {
    const open = openOrders(state, (order) => isMeant(order, filter));
    const toCancel = open
      .filter(({ order }) => transition(order.state, "cancel_requested").ok)
      .map((entry) => book.wishCancel(state, entry, by, now).order);
    return { openOrders: open.length, toCancel };
  });
}

const isMeant = (order: Order, { account, algoId, instrument, side }: OpenOrderFilter): boolean =>
  (account ?? order.account) === order.account &&
  (algoId ?? order.algoId) === order.algoId &&
  (instrument ?? order.instrument) === order.instrument &&
  (side ?? order.side) === order.side;

/** From memory, else from storage; null when there is no such order. */
export function orderOf(book: LedgerBook, clientOrderId: string, now: number): Order | null {
  const known = book.state(now).orders.get(clientOrderId);
  const { storage } = book;
  return (known ?? storage.order(clientOrderId))?.order ?? storage.repeatedDenial(clientOrderId);
}

/** Which of these have ended for good and hold nothing: neither on the desk nor with money that balances may not show yet. */
export const endedOf = (book: LedgerBook, ids: readonly string[], now: number): string[] =>
  ids.filter((id) => {
    const entry = book.state(now).orders.get(id) ?? book.storage.order(id);
    return entry ? mayBeArchived(entry) : book.storage.archived(id) !== null;
  });

/** The approval again; null when the order is not wanted any more. */
/** `lots`, of an exit that was proven not sent: it is approved for no more than is left to close, in whole lots. */
export function approvedOf(
  book: LedgerBook,
  clientOrderId: string,
  lots: Lots | null,
  now: number,
): StandingApproval | null {
  const order = orderOf(book, clientOrderId, now);
  const standing = order && approvedAgain(book.state(now), order, now);
  if (!standing || standing.kind === "refused" || !lots) return standing;
  const quantity = exitSize(book.state(now), clientOrderId, lots);
  if (quantity === null) return standing;
  return book.commit(now, (state) => {
    const entry = book.find(state, clientOrderId);
    assert(entry, "what is approved again is there");
    const changes = { quantity, limitPrice: null, stopPrice: null };
    return approvedAgain(
      state,
      book.append(state, entry, { kind: "replaced", changes }, now).order,
      now,
    );
  });
}

/** Balances as the broker told them at `at`. */
export function takeBalances(
  book: LedgerBook,
  account: string,
  balances: BrokerBalance[],
  at: number,
  now: number,
): void {
  book.commit(now, (state) => {
    const counted = applyBalances(state, account, balances, at);
    const kept = state.balances.get(account);
    if (kept) book.storage.saveBalances(account, kept);
    for (const entry of counted) book.storage.saveOrder(entry, state.version);
    // Their money was the last that memory had to know of them.
    forgetEnded(state, counted);
  });
}
