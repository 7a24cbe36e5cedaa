/**
 * Which of two views of an order is the newer one. `updatedAt` does not tell: a fill carries the broker's
 * clock and an acceptance the platform's, so it may go back. What counts is how a view came here.
 */
import { isTerminal, type OrderView } from "../../src/contract/orders.ts";
import { decimal } from "../../src/contract/primitives.ts";

export interface KnownOrder {
  order: OrderView;
  /** The ledger's version of the newest stream frame; null before the first. */
  version: number | null;
  /** Rises with each change of any order: tells whether one changed while a request was under way. */
  revision: number;
}

export type Source =
  | { from: "stream"; version: number }
  /** An answer over HTTP; `asOf`: the revision when it was asked for. */
  | { from: "request"; asOf: number };

/** True when `next` tells something that is not known. Views that come late or twice do not. */
export function isNews(known: KnownOrder | null, next: OrderView, source: Source): boolean {
  if (known === null) return true;
  const { order, version, revision } = known;
  // What was filled stays filled, and what has ended stays ended but for a late fill.
  const filled = decimal(next.filledQuantity).cmp(decimal(order.filledQuantity));
  if (filled !== 0) return filled > 0;
  if (isTerminal(next.state) !== isTerminal(order.state)) return isTerminal(next.state);
  if (isSame(order, next)) return false;
  if (source.from === "request") return revision <= source.asOf;
  // The first state comes again only as an old frame, overtaken by an answer.
  if (version === null && next.state === "pending_new") return false;
  return version === null || source.version > version;
}

const isSame = (a: OrderView, b: OrderView): boolean => JSON.stringify(a) === JSON.stringify(b);
