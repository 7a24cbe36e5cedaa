/** How a broker's feed stands, put together from its settings and what each of its shards says. */
import type { FeedShardPort } from "../src/application/ports.ts";
import type { BrokerView, ShardView } from "../src/contract/brokers.ts";
import type { Drain } from "../src/domain/drain.ts";
import type { Room } from "./broker-manager.room.ts";
import type { Wishes } from "./broker-manager.wishes.ts";

/** All but its session, and the way of its orders, which the gateway tells. */
export async function feedViewOf(
  broker: string,
  room: Room,
  wishes: Wishes,
  shard: (number: number) => FeedShardPort,
): Promise<Omit<BrokerView, "orderStream" | "orderMeters" | "session">> {
  const { plan, settings } = room;
  const shards = await Promise.all(
    plan
      .shardNumbers()
      .map(async (number) =>
        withDrain(await shard(number).view(), settings.drains.get(number) ?? null),
      ),
  );
  const wanted = wishes.all.size;
  return {
    broker,
    ...settings.view,
    overCapacity: Math.max(0, wanted - room.of(settings.layout)),
    shards,
    wanted: wishes.count,
    pinned: [...wishes.pins],
  };
}

const withDrain = (view: ShardView, draining: Drain | null): ShardView => ({
  ...view,
  draining,
  state: draining && view.state === "live" ? "draining" : view.state,
});
