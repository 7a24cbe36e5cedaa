/** The gates that only what may raise exposure has to pass before anything of it is recorded or sent. */
import { isClockSkewed } from "../../domain/clock-offset.ts";
import { CLOCK_OFFSET_MS_MAX } from "../../domain/quality-limits.ts";
import { NO_SESSION } from "../../domain/session-state.ts";
import type { GatewayContext } from "./context.ts";

/**
 * The same after a turn at the broker's rate that began at `asked`. The stream may have broken meanwhile: what left
 * then would have waited across a reconnect, and left blind. Nobody is asked twice in the same moment.
 */
export const refusalAfterWait = async (
  context: GatewayContext,
  asked: number,
  isProvenExit = false,
): Promise<string | null> => (context.now() === asked ? null : entryRefusal(context, isProvenExit));

/**
 * Why it can not go now, or null. It waits a moment for a stream that is coming up. An order that the
 * ledger has proven to be an exit still has to be seen: the proof is of a position that may have moved on.
 */
export async function entryRefusal(
  context: GatewayContext,
  isProvenExit = false,
): Promise<string | null> {
  // An entry that cannot leave now would be another trade later. An exit is tried, and retried.
  const ended = isProvenExit ? null : ((await context.sessionEnded?.()) ?? null);
  if (ended !== null) return `${NO_SESSION}: ${ended}, so entries are refused`;
  // Entries are not sent blind.
  if (!(await context.ready()))
    return "NOT_RECONCILED: the broker's order stream is not up and read in, so entries are refused";
  // A broker judges a signed request by its own clock, and an order's age would mean nothing.
  const offsetMs = context.clockOffsetMs?.() ?? null;
  return !isProvenExit && isClockSkewed(offsetMs)
    ? `CLOCK_SKEW: the broker's clock is ${offsetMs} ms from ours, more than ${CLOCK_OFFSET_MS_MAX} ms, so entries are refused`
    : null;
}
