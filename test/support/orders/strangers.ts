/** A gateway beside orders that did not leave from it, for its tests. */
import type { BrokerOrder } from "../../../src/brokers/broker.ts";
import { OPEN_ORDERS_POLL_MS } from "../../../src/domain/limits.ts";
import { externalOrderId } from "../../../src/domain/reconciliation/synthetic-id.ts";
import type { Execution } from "../../../src/domain/order.ts";
import { brokerOrderWith, executionOf, scripted, type Script, type Scripted } from "./scripted.ts";

export const ID = externalOrderId("simulated", "X1");

export const resting = (changes: Partial<BrokerOrder> = {}): BrokerOrder =>
  brokerOrderWith({ brokerOrderId: "X1", clientOrderId: null, ...changes });

export const piece = (
  id: string,
  quantity: string,
  changes: Partial<Execution> = {},
): Execution => ({
  ...executionOf(id, quantity),
  clientOrderId: "",
  brokerOrderId: "X1",
  ...changes,
});

/** A gateway that has read in, beside a broker that has what the script says. */
export async function beside(script: Script): Promise<Scripted> {
  const desk = scripted(script);
  await desk.gateway.catchUp();
  return desk;
}

export const later = async (desk: Scripted, ms = OPEN_ORDERS_POLL_MS): Promise<void> => {
  desk.advance(ms);
  await desk.gateway.watch();
};
