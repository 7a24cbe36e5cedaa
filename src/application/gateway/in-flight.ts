/** Orders that nobody has confirmed: looked for at the broker every two seconds, a few times, then given to the look-ups of unknown ones. */
import {
  IN_FLIGHT_AFTER_MS,
  IN_FLIGHT_CHECK_MS,
  IN_FLIGHT_TRIES_MAX,
} from "../../domain/limits.ts";
import { markUnknown, save, type GatewayContext } from "./context.ts";
import { findingOf, isFound } from "./finding.ts";
import { absorbFinding, askBroker } from "./look-up.ts";
import type { GatewayOrder } from "./record.ts";
import { checkRun, saveCheck, type CheckRun } from "./reconcile-notes.ts";

/** Sent, and the broker has not answered. */
const inFlight = (context: GatewayContext): GatewayOrder[] =>
  context.inFlight.size === 0
    ? []
    : context.store.recorded().filter(({ clientOrderId }) => context.inFlight.has(clientOrderId));

/** Notes since when the broker's answer is awaited; null when it no longer is. */
export function awaitAnswer(
  context: GatewayContext,
  clientOrderId: string,
  recordedAt: number | null,
): void {
  const underWay = context.inFlight.get(clientOrderId);
  if (underWay) underWay.recordedAt = recordedAt;
}

/** When the first of those that wait for their answer was sent; Infinity with nothing in flight. */
function oldestInFlight(context: GatewayContext): number {
  let oldest = Infinity;
  for (const { recordedAt } of context.inFlight.values())
    if (recordedAt !== null && recordedAt < oldest) oldest = recordedAt;
  return oldest;
}

/** When the next look is due, ms since 1970; Infinity with nothing in flight. On every order's path: it reads no order. */
export function inFlightDueAt(context: GatewayContext): number {
  const oldest = oldestInFlight(context);
  if (oldest === Infinity) return Infinity;
  const next = context.store.number("in_flight_looked_at") + IN_FLIGHT_CHECK_MS;
  return Math.max(oldest + IN_FLIGHT_AFTER_MS, next);
}

/** One question to the broker for all of them. Finding one settles it; a failed question counts no try. */
export async function lookInFlight(context: GatewayContext): Promise<void> {
  const { store } = context;
  const now = context.now();
  store.setNumber("in_flight_looked_at", now);
  const waiting = inFlight(context).filter((each) => now - each.recordedAt >= IN_FLIGHT_AFTER_MS);
  if (waiting.length === 0) return;
  const picture = await askBroker(context, Math.min(...waiting.map((each) => each.recordedAt)));
  if (!picture.ok) {
    saveCheck(context, "in_flight", "failed", `${picture.error.kind}: ${picture.error.reason}`);
    return;
  }
  let missing = 0;
  for (const { clientOrderId } of waiting) {
    const order = store.order(clientOrderId);
    if (order?.record !== "recorded") continue;
    const finding = findingOf(picture.value, order);
    // While its answer is awaited this goes to the order's inbox, and is booked with the answer.
    absorbFinding(context, finding, picture.value.askedAt);
    if (isFound(finding)) continue;
    missing += 1;
    const tries = order.looks + 1;
    if (tries < IN_FLIGHT_TRIES_MAX)
      save(context, { order: { ...order, looks: tries }, posts: [] });
    else {
      awaitAnswer(context, clientOrderId, null);
      markUnknown(context, order, `not confirmed in ${tries} looks at the broker`);
    }
  }
  const message = `${waiting.length} waited for their answer, ${missing} were not found`;
  saveCheck(context, "in_flight", missing > 0 ? "differs" : "ok", message);
}

/**
 * How the last look went, as far as it says anything of what is in flight now: one that failed or found
 * nothing is over with the orders that it was about. Null when there never was one.
 */
export function inFlightRun(context: GatewayContext): CheckRun | null {
  const run = checkRun(context, "in_flight");
  const oldest = oldestInFlight(context);
  if (run === null || run.at >= oldest + IN_FLIGHT_AFTER_MS) return run;
  const message =
    oldest === Infinity
      ? "nothing waits for its answer"
      : "what waits for its answer has not been looked for yet";
  return { at: run.at, result: "ok", message };
}
