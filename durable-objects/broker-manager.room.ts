/** What a broker's manager may take on: each request to want more, or to hold it on less, is allowed or refused by the limit's name. */
import type { ApiError } from "../src/contract/errors.ts";
import type { Drain } from "../src/domain/drain.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { ShardLayout } from "../src/domain/sharding.ts";
import type { Plan } from "./broker-manager.plan.ts";
import * as refusals from "./broker-manager.refusals.ts";
import type { FeedSettings } from "./broker-manager.settings.ts";

type Instruments = ReadonlyMap<InstrumentId, unknown>;

export class Room {
  readonly #broker: string;
  readonly settings: FeedSettings;
  readonly plan: Plan;

  constructor(broker: string, settings: FeedSettings, plan: Plan) {
    this.#broker = broker;
    this.settings = settings;
    this.plan = plan;
  }

  /** Instruments that a layout holds. */
  of({ takes, keeps }: ShardLayout): number {
    const kept = keeps.reduce((sum, number) => sum + this.plan.instrumentsOn(number).length, 0);
    return kept + takes.length * this.settings.limits.instrumentsPerConnection;
  }

  /** Closes what drains until after hours, once none of its instruments' markets is open. True when something was. */
  closeAfterHours(
    planned: readonly InstrumentId[],
    isOpen: (instrument: InstrumentId) => boolean,
  ): boolean {
    return this.settings.lookAtHours({
      broker: planned.some(isOpen),
      shard: (number) => this.plan.instrumentsOn(number).some(isOpen),
    });
  }

  /** Why what is wanted cannot be held on this layout, or null. */
  refuseLayout(wanted: Instruments, layout: ShardLayout): ApiError | null {
    if (layout.takes.length === 0) return refusals.noShardTakes(this.#broker);
    const capacity = this.of(layout);
    if (wanted.size <= capacity) return null;
    const { instrumentsPerConnection } = this.settings.limits;
    return refusals.overCapacity(this.#broker, instrumentsPerConnection, capacity, wanted.size);
  }

  /** Why it cannot be wanted in place of what is wanted now, or null. Less than now is never refused. */
  refuseWanted(next: Instruments, now: Instruments): ApiError | null {
    const fresh = [...next.keys()].filter((instrument) => !now.has(instrument));
    if (fresh.length === 0) return null;
    if (this.settings.brokerDrain) return refusals.draining(this.#broker, fresh);
    return this.refuseLayout(next, this.settings.layout);
  }

  refuseShards(wanted: Instruments, shards: number): ApiError | null {
    const { connections } = this.settings.limits;
    if (shards > connections) return refusals.tooManyConnections(this.#broker, connections, shards);
    return this.refuseLayout(wanted, this.settings.layoutOf({ shards }));
  }

  refuseDrains(
    wanted: Instruments,
    shard: number,
    drains: ReadonlyMap<number, Drain>,
  ): ApiError | null {
    const { shards } = this.settings;
    if (shard > shards) return refusals.noSuchShard(this.#broker, shards, shard);
    return this.refuseLayout(wanted, this.settings.layoutOf({ drains }));
  }
}
