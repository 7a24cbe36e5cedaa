/** The next try of a bracket's exit that was not sent. */
import type { ApprovedOrder } from "../../domain/order.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { askingForExit, putOffExit, whyNotNow, whyOver } from "./exit-turns.ts";
import type { GatewayOrder } from "./record.ts";
import { stop } from "./stop.ts";
import { submit } from "./submit.ts";

/**
 * It is sent by the way of every attempt, if it is still wanted, its market is open, and the ledger has nothing
 * against it now.
 */
export async function askForExit(
  context: GatewayContext,
  order: GatewayOrder,
  { intent }: ApprovedOrder,
): Promise<void> {
  const { clientOrderId, attempt } = order;
  askingForExit(context, order);
  const { instrument, marketOpen } = await context.facts(intent);
  const standing = await context.ledger.approved(clientOrderId, instrument);
  const hindrance = standing && whyNotNow(standing, marketOpen);
  if (standing?.kind === "permitted" && hindrance === null)
    return void (await submit(context, standing.approved, attempt + 1));
  const now = readOrder(context, clientOrderId);
  if (now?.record !== "not_sent" || now.ended !== null || context.inFlight.has(clientOrderId))
    return;
  const over = whyOver(standing);
  if (hindrance !== null && over === null) putOffExit(context, now, hindrance);
  else stop(context, now, over ?? "not sent, and no longer wanted");
}
