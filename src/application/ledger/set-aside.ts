/**
 * A post that the ledger cannot apply, such as a fill of a quantity below 0: it is kept in the audit log and
 * told, and holds up none of the posts behind it. What storage refuses is no such post: that is tried again.
 */
import type { OrderPost } from "../../domain/order.ts";
import { apply, type Change, type LedgerEvent } from "../../domain/risk/ledger.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import { errorText } from "../log.ts";
import type { Incident } from "../reconcile-port.ts";

/** The pure ledger threw. Memory is not to be trusted after it; the same event on what is stored throws again. */
export class InapplicableError extends Error {
  override name = "InapplicableError";

  constructor(cause: unknown) {
    super(errorText(cause), { cause });
  }
}

export function applyOrThrow(state: LedgerState, event: LedgerEvent): Change {
  try {
    return apply(state, event);
  } catch (error) {
    throw new InapplicableError(error);
  }
}

/** One for each post, however often it comes. */
export const setAsideIncident = (
  { eventId, clientOrderId, event }: OrderPost,
  account: string,
  reason: string,
  at: number,
): Incident => ({
  id: `set-aside-${eventId}`,
  at,
  account,
  severity: "critical",
  title: `News of ${clientOrderId} could not be booked: ${event.kind}`,
  message: `The ledger cannot apply ${JSON.stringify(event)}: ${reason}. It is set aside in the audit log, so that what came after it is booked. Look at the order at the broker; what it says of the position is compared as ever.`,
});
