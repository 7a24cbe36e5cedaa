/** The feed that a shard is named after: the broker's own, or with a line that polls where it has no stream. */
import type { TokenSource } from "../src/brokers/broker.ts";
import type { Log } from "../src/application/log.ts";
import { marketDataClients } from "../src/brokers/registry.ts";
import { assert } from "../src/domain/assert.ts";
import { polledFeed, type ShardFeed } from "./feed-shard.polling.ts";

export function shardFeed(env: Env, shard: string, tokens: TokenSource, log: Log): ShardFeed {
  const [broker = "", account = ""] = shard.split(":");
  const clients = marketDataClients(env, broker, account, tokens);
  assert(clients.ok, `shard ${shard} names no broker`);
  return polledFeed(clients.value.feed, log);
}
