/** How large a bracket's exit may be: the entry's fill may have closed a position the other way, or others may close what it opened. */
import { decimal, decimalText, ZERO } from "../../domain/decimal.ts";
import { wholeLots } from "../../domain/lots.ts";
import type { OrderIntent } from "../../domain/order.ts";
import type { Refusal } from "../../domain/risk/refusal.ts";
import type { IntentFacts, ReserveAnswer } from "../ports.ts";
import { takeIn } from "./bracket-events.ts";
import { saveBracket } from "./bracket-notes.ts";
import { brokersTime } from "./brokers-time.ts";
import type { GatewayContext } from "./context.ts";
import { DUE_NOW } from "./record.ts";

/** A run before this one may have reserved it at another size: it goes by that, and is made smaller once it stands. */
export async function reserveExit(
  { ledger }: GatewayContext,
  intent: OrderIntent,
  facts: IntentFacts,
): Promise<ReserveAnswer> {
  const answer = await ledger.reserve(intent, facts);
  if (answer.kind !== "denied" || answer.refusal.code !== "DUPLICATE_INTENT") return answer;
  const known = await ledger.order(intent.clientOrderId);
  if (!known?.exit || known.exit.entry !== intent.exit?.entry) return answer;
  return ledger.reserve({ ...intent, quantity: known.quantity }, facts);
}

/**
 * The ledger has said how much there is to close. What the algo does not hold needs no exit: its entry has
 * closed a position the other way, or something has closed its own. What it holds and others are about to close,
 * or have closed past the platform, waits as a pair of its own. True when the pair is smaller by that and is asked
 * for again.
 */
export function makeSmaller(
  context: GatewayContext,
  { exit, clientOrderId }: OrderIntent,
  { code, limit, asked, have }: Refusal,
  { instrument }: Pick<IntentFacts, "instrument">,
): boolean {
  if (code !== "REDUCE_ONLY" || !exit || !instrument || asked === null) return false;
  const held = wholeLots(decimal(have ?? "0"), instrument);
  const free = wholeLots(decimal(limit ?? "0"), instrument);
  const closed = held.lt(asked);
  const most = closed ? held : free;
  if (most.gte(asked) || (!closed && most.lte(ZERO))) return false;
  const { entry, pair } = exit;
  const closedAt = closed ? brokersTime(context, context.now()) : null;
  const taken = takeIn(context, entry, { kind: "most", pair, most: decimalText(most), closedAt });
  if (!taken) return false;
  saveBracket(context, { bracket: taken.bracket, dueAt: DUE_NOW }, false);
  context.log("warn", "bracket_exit_smaller", {
    clientOrderId,
    asked,
    held: decimalText(held),
    free: decimalText(free),
  });
  return true;
}
