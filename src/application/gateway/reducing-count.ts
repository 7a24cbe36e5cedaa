/** Whether orders that may only reduce have left: as long as none stands, no fill is a cause to ask the ledger for them. */
import type { OrderIntent } from "../../domain/order.ts";
import type { GatewayContext } from "./context.ts";

/** Of `reducing_sent`: the ledger has said that no such order is open, and none has left since. */
export const NO_REDUCING = -1;

/** Call it in the run in which the order leaves. */
export function countReducing({ store }: GatewayContext, { reduceOnly }: OrderIntent): void {
  if (reduceOnly) store.setNumber("reducing_sent", Math.max(0, store.number("reducing_sent")) + 1);
}
