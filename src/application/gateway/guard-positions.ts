/** What guards a position after each fill: orders that may only reduce are small enough, and brackets have their exits. */
import { driveBrackets } from "./brackets.ts";
import type { GatewayContext } from "./context.ts";
import { trimReducing } from "./trims.ts";

/**
 * Does what is due. Each may wait for the broker's answer about one of its orders, and neither waits for the other:
 * an entry that has filled is bare until its stop stands. A bracket that was made smaller is driven after that.
 */
export async function guardPositions(context: GatewayContext): Promise<void> {
  const trimmed = trimReducing(context).then(() => driveBrackets(context));
  await Promise.all([trimmed, driveBrackets(context)]);
}
