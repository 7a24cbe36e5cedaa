/** What a broker's page says of its orders' way: the stream and the meters, as the gateway tells them. It never fails. */
import type { OrderGatewayPort } from "../src/application/ports.ts";
import type { BrokerView } from "../src/contract/brokers.ts";

export async function orderLine(
  gateway: Pick<OrderGatewayPort, "streamState" | "meters"> | null,
): Promise<Pick<BrokerView, "orderStream" | "orderMeters">> {
  // A broker that only gives data has no orders.
  if (!gateway) return { orderStream: "none", orderMeters: [] };
  const [orderStream, orderMeters] = await Promise.all([
    gateway.streamState().catch(() => "down" as const),
    gateway.meters().catch(() => []),
  ]);
  return { orderStream, orderMeters };
}
