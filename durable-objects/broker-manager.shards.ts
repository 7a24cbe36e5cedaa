/** What a manager asks of all its shards, or of those that hold something. One that cannot be reached holds up no other. */
import { errorText, type Log } from "../src/application/log.ts";
import type { FeedShardPort, FeedTerms } from "../src/application/ports.ts";
import type { TickView } from "../src/contract/market.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { Plan } from "./broker-manager.plan.ts";

type NamedShard = { name: string; shard: FeedShardPort };

export const shardsOf = (plan: Plan, shardOf: (number: number) => FeedShardPort): NamedShard[] =>
  plan.shardNumbers().map((number) => ({ name: plan.shardName(number), shard: shardOf(number) }));

/** The same with what each delivers. */
export const linesOf = (plan: Plan, shards: readonly NamedShard[]) =>
  shards.map((one) => ({
    ...one,
    instruments: plan.instrumentsOn(Number(one.name.split(":").at(-1))),
  }));

export async function ensureShards(shards: NamedShard[], log: Log): Promise<void> {
  const ensured = shards.map(({ name, shard }) =>
    shard.ensure().catch((error: unknown) => {
      log("warn", "shard_unreachable", { shard: name, reason: errorText(error) });
    }),
  );
  await Promise.all(ensured);
}

/** A shard that cannot be reached now asks for its terms itself, by its watchdog. */
export async function teachTerms(shards: NamedShard[], terms: FeedTerms[]): Promise<void> {
  await Promise.allSettled(shards.map(({ shard }) => shard.learnTerms(terms)));
}

export async function quotesOf(
  instruments: readonly InstrumentId[],
  plan: Plan,
  shardOf: (number: number) => FeedShardPort,
): Promise<TickView[]> {
  const placed = instruments.filter((instrument) => plan.shardOf(instrument) !== null);
  const byShard = Map.groupBy(placed, (instrument) => plan.shardOf(instrument) ?? 0);
  const answers = [...byShard].map(([number, ids]) => shardOf(number).quotes(ids));
  return (await Promise.all(answers)).flat();
}
