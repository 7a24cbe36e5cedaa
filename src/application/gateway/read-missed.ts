/** Reads in what the order stream may have lost, healthy or not: every fill and every end since the last such reading. */
import { assert } from "../../domain/assert.ts";
import { ok, type Result } from "../../domain/result.ts";
import type { GatewayContext } from "./context.ts";
import { lookAt, noteAbsent, notePresent } from "./doubt.ts";
import { findingOf, isListed } from "./finding.ts";
import { absorb, askBroker } from "./look-up.ts";
import { saveCheck } from "./reconcile-notes.ts";

/**
 * Reads in what the stream may have lost: everything since the last such reading that was complete. A
 * failed query changes nothing, and the next reading starts where this one did.
 */
export async function readMissed(context: GatewayContext): Promise<Result<null, string>> {
  const { store } = context;
  store.setNumber("polled_at", context.now());
  // Nothing from before this gateway's first look can be its own.
  if (store.number("read_until") === 0) store.setNumber("read_until", context.now());
  const open = store.open();
  const picture = await askBroker(context, store.number("read_until"));
  if (!picture.ok) {
    const { kind, reason } = picture.error;
    context.log("warn", "order_poll_failed", { account: context.account, kind, reason });
    saveCheck(context, "open_orders", "failed", `${kind}: ${reason}`);
    return { ok: false, error: `${kind}: ${reason}` };
  }
  const standing = await absorb(context, picture.value);
  let absent = 0;
  for (const ids of open) {
    if (ids.brokerOrderId !== null && standing.has(ids.brokerOrderId)) continue;
    if (isListed(findingOf(picture.value, ids))) {
      notePresent(context, ids.clientOrderId);
      continue;
    }
    const order = store.order(ids.clientOrderId);
    assert(order, "a recorded order stays");
    // Neither open nor closed lately: it may have ended before this reading began.
    const finding = await lookAt(context, order);
    if (!finding) return { ok: false, error: "a look-up failed" };
    const now = store.order(ids.clientOrderId);
    if (isListed(finding) || now?.record !== "accepted" || now.ended !== null) continue;
    absent += 1;
    noteAbsent(context, now);
  }
  store.setNumber("read_until", picture.value.askedAt);
  const message = `${open.length} open here, ${absent} of them not at the broker`;
  saveCheck(context, "open_orders", absent > 0 ? "differs" : "ok", message);
  return ok(null);
}
