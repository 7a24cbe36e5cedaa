/** Keeps an exit from leaving whose pair has been closed without it. It only reads: the caller stops the order. */
import { isPairClosed, legId, otherLeg } from "../../domain/bracket.ts";
import { decimal, decimalText, type DecimalText } from "../../domain/decimal.ts";
import type { OrderIntent } from "../../domain/order.ts";
import { bracketNote } from "./bracket-notes.ts";
import type { GatewayContext } from "./context.ts";

/**
 * Why an exit may not leave any more: both exits of its pair, by all that is known of them now, have closed
 * all of it. Null for what is no exit, and while a part is open: the bracket makes the exit as small as that
 * as soon as it stands. One whose bracket is not known here goes, too.
 */
export function whyClosed(
  context: GatewayContext,
  { intent }: { intent: Pick<OrderIntent, "exit"> },
): string | null {
  const { exit } = intent;
  const note = exit && bracketNote(context, exit.entry);
  if (!note) return null;
  const { entry, pair, leg } = exit;
  const filledNow = {
    stop: filledBy(context, legId(entry, pair, "stop")),
    target: filledBy(context, legId(entry, pair, "target")),
  };
  return isPairClosed(note.bracket, pair, filledNow)
    ? `stopped: the ${otherLeg(leg)} of ${entry} has closed all that this ${leg} is for`
    : null;
}

/** By its record, what a person executed included, and by the fills that wait for the answer to its submit. */
function filledBy({ store, inFlight }: GatewayContext, clientOrderId: string): DecimalText {
  const waiting = new Map<string, DecimalText>();
  for (const { evidence } of inFlight.get(clientOrderId)?.inbox ?? [])
    if (evidence.kind === "filled" && !store.hasExecution(evidence.execution.executionId))
      waiting.set(evidence.execution.executionId, evidence.execution.quantity);
  const booked = decimal(store.order(clientOrderId)?.filledQuantity ?? "0");
  return decimalText([...waiting.values()].reduce((sum, each) => sum.plus(decimal(each)), booked));
}
