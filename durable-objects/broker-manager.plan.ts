/**
 * Carries the plan out to the shards: gives each its whole assignment whenever that changed, and leads
 * every move through standby, release and hand-over. Rounds follow each other; what comes in during
 * one is done in the next, so a burst of declares is one assignment per shard.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { AssignedInstrument, FeedShardPort, ShardReport } from "../src/application/ports.ts";
import type { BrokerLimits } from "../src/domain/broker-limits.ts";
import type { CandlePart } from "../src/domain/candle-builder.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { holdings, type Placement, readyMoves, replan, standing } from "../src/domain/placement.ts";
import type { ShardLayout } from "../src/domain/sharding.ts";
import type { BrokerManagerStorage } from "./broker-manager.storage.ts";
import type { Wanted } from "./broker-manager.wishes.ts";

export interface PlanHost {
  broker: string;
  account: string;
  shard(number: number): FeedShardPort;
  storage: BrokerManagerStorage;
  log: Log;
}

/** What the plan goes by, as it stands. */
export interface PlanSettings {
  shards: number;
  layout: ShardLayout;
  limits: Pick<BrokerLimits, "instrumentsPerConnection">;
}

interface Pushed {
  version: number;
  /** What was sent, as text, to see whether it changed. */
  content: string;
  /** To be sent again though it did not change: the answer is wanted, or none came. */
  isDue: boolean;
  live: ReadonlySet<InstrumentId>;
}

export class Plan {
  readonly #host: PlanHost;
  #placements: Map<InstrumentId, Placement>;
  #wanted: ReadonlyMap<InstrumentId, Wanted> = new Map();
  readonly #pushed = new Map<number, Pushed>();
  #layout: ShardLayout;
  #roomMax: number;
  #shards: number;
  #shardsEver: number;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #hasFailed = false;

  constructor(host: PlanHost, settings: PlanSettings) {
    this.#host = host;
    this.#placements = host.storage.placements();
    this.#layout = settings.layout;
    this.#roomMax = settings.limits.instrumentsPerConnection;
    this.#shards = settings.shards;
    this.#shardsEver = Math.max(this.#shards, host.storage.setting("shards_ever") ?? 0);
  }

  /** Nothing to do until somebody wants something. */
  get isIdle(): boolean {
    return this.#placements.size === 0 && !this.#hasFailed;
  }

  shardName(number: number): string {
    return `${this.#host.broker}:${this.#host.account}:${number}`;
  }

  /** Every shard that holds something or is to hold something. */
  shardNumbers(): number[] {
    const busy = [...holdings(this.#placements).keys()].filter((number) => number > this.#shards);
    return [
      ...Array.from({ length: this.#shards }, (_, index) => index + 1),
      ...busy.sort((a, b) => a - b),
    ];
  }

  shardOf(instrument: InstrumentId): number | null {
    return this.#placements.get(instrument)?.shard ?? null;
  }

  /** Bars that the instrument's shard has in memory: none when nobody subscribes it, or when it does not answer. */
  async liveCandles(instrument: InstrumentId, interval: "1s" | "1m"): Promise<CandlePart[]> {
    const number = this.shardOf(instrument);
    if (number === null) return [];
    try {
      return await this.#host.shard(number).candles(instrument, interval);
    } catch (error) {
      const shard = this.shardName(number);
      this.#host.log("warn", "live_bars_unread", { shard, reason: errorText(error) });
      return [];
    }
  }

  isLive(instrument: InstrumentId): boolean {
    const shard = this.shardOf(instrument);
    return shard !== null && (this.#pushed.get(shard)?.live.has(instrument) ?? false);
  }

  /** Sets what is wanted, and on which shards; stored, and planned, but not yet sent: see `push`. */
  want(wanted: ReadonlyMap<InstrumentId, Wanted>, settings: PlanSettings): void {
    this.#wanted = wanted;
    this.#layout = settings.layout;
    this.#roomMax = settings.limits.instrumentsPerConnection;
    this.#shards = settings.shards;
    this.#shardsEver = Math.max(this.#shardsEver, this.#shards);
    this.#host.storage.set("shards_ever", this.#shardsEver);
    this.#replan();
    this.#numberAbove();
  }

  /** Starts an epoch for what is taken over from another provider: above every number that was seen from there. */
  #numberAbove(): void {
    const low = [...this.#placements.values()].filter(
      ({ instrument, handOver }) => handOver.epoch <= (this.#wanted.get(instrument)?.above ?? 0),
    );
    if (low.length === 0) return;
    const { storage } = this.#host;
    const above = Math.max(
      ...low.map(({ instrument }) => this.#wanted.get(instrument)?.above ?? 0),
    );
    storage.set("epoch", Math.max(storage.setting("epoch") ?? 0, above));
    const epoch = storage.next("epoch");
    this.#change(
      low.map(({ instrument }) => instrument),
      (placed) => ({ ...placed, handOver: { epoch, after: null } }),
    );
  }

  /** What a shard delivers. */
  instrumentsOn(shard: number): InstrumentId[] {
    return [...this.#placements.values()]
      .filter((placed) => placed.shard === shard)
      .map(({ instrument }) => instrument);
  }

  /** After an eviction: what was wanted, without planning anew. */
  restore(wanted: ReadonlyMap<InstrumentId, Wanted>): void {
    this.#wanted = wanted;
  }

  /** Resolves when the shards have been told what the plan is now. */
  push(): Promise<void> {
    this.#next ??= (async () => {
      await this.#running;
      this.#running = this.#next;
      this.#next = null;
      await this.#rounds();
    })();
    return this.#next;
  }

  /** Sends everything again, under the same version where nothing changed, and so asks for what is live. */
  pushAll(): Promise<void> {
    for (const pushed of this.#pushed.values()) pushed.isDue = true;
    return this.push();
  }

  /** A shard says what it holds. True when a move can now be finished. */
  learn(report: ShardReport): boolean {
    const number = Number(report.shard.split(":").at(-1));
    const pushed = this.#pushed.get(number);
    if (!pushed || report.version !== pushed.version) return false;
    pushed.live = new Set(report.live);
    return this.#readyMoves().length > 0;
  }

  async #rounds(): Promise<void> {
    this.#hasFailed = false;
    // Each hand-over changes two assignments; a plan settles after a few rounds.
    do await this.#assignAll();
    while (await this.#handOver());
  }

  async #assignAll(): Promise<void> {
    const byShard = holdings(this.#placements);
    const numbers = Array.from({ length: this.#shardsEver }, (_, index) => index + 1);
    await Promise.all(
      numbers.map((number) => this.#assign(number, (byShard.get(number) ?? []).map(this.#entry))),
    );
  }

  readonly #entry = (held: { placement: Placement; standby: boolean }): AssignedInstrument => {
    const { instrument, handOver } = held.placement;
    const wanted = this.#wanted.get(instrument);
    return {
      instrument,
      mode: wanted?.mode ?? "quote",
      consumers: wanted?.consumers ?? [],
      standby: held.standby,
      handOver: held.standby ? null : handOver,
    };
  };

  async #assign(number: number, instruments: AssignedInstrument[]): Promise<void> {
    const content = JSON.stringify(instruments);
    const before = this.#pushed.get(number);
    const isSame = before?.content === content;
    if (isSame && !before.isDue) return;
    const { storage, broker, account } = this.#host;
    const version = isSame ? before.version : storage.next("version");
    const live = before?.live ?? new Set<InstrumentId>();
    const pushed: Pushed = { version, content, isDue: false, live };
    this.#pushed.set(number, pushed);
    const shard = this.shardName(number);
    try {
      const port = this.#host.shard(number);
      const report = await port.assign({ version, broker, account, shard, instruments });
      this.learn(report);
    } catch (error) {
      // Said again by the manager's alarm: a shard takes the same assignment twice as once.
      this.#failed("assign_failed", shard, error);
      pushed.isDue = true;
    }
  }

  #readyMoves() {
    return readyMoves(
      this.#placements,
      (shard, instrument) => this.#pushed.get(shard)?.live.has(instrument) ?? false,
    );
  }

  /** Finishes every move whose new shard is live. True when one was. */
  async #handOver(): Promise<boolean> {
    const moves = this.#readyMoves();
    const done = await Promise.all(moves.map((move) => this.#handOverOne(move)));
    return done.includes(true);
  }

  async #handOverOne(move: {
    from: number;
    to: number;
    instruments: InstrumentId[];
  }): Promise<boolean> {
    this.#change(move.instruments, (placed) => ({ ...placed, isHandingOver: true }));
    try {
      const released = await this.#host.shard(move.from).release(move.instruments);
      const epoch = this.#host.storage.next("epoch");
      const releases = new Map(released.map((release) => [release.instrument, release]));
      this.#change(move.instruments, ({ instrument }) => {
        const { last = null, wholeUntil = null } = releases.get(instrument) ?? {};
        return standing(instrument, move.to, { epoch, after: last, wholeUntil });
      });
      this.#replan();
      return true;
    } catch (error) {
      // It may have let go or not: asked again by the manager's alarm, it answers the same.
      this.#failed("release_failed", this.shardName(move.from), error);
      return false;
    }
  }

  /** Changes placements that still stand: what nobody wants any more is gone by now. */
  #change(instruments: readonly InstrumentId[], change: (placed: Placement) => Placement): void {
    const placements = new Map(this.#placements);
    for (const instrument of instruments) {
      const placed = placements.get(instrument);
      if (placed) placements.set(instrument, change(placed));
    }
    this.#replace(placements);
  }

  #replan(): void {
    const nextEpoch = () => this.#host.storage.next("epoch");
    const wanted = this.#wanted.keys();
    this.#replace(replan(this.#placements, wanted, this.#layout, nextEpoch, this.#roomMax));
  }

  #replace(placements: Map<InstrumentId, Placement>): void {
    this.#host.storage.savePlacements(this.#placements, placements);
    this.#placements = placements;
  }

  #failed(event: string, shard: string, error: unknown): void {
    this.#hasFailed = true;
    this.#host.log("warn", event, { shard, reason: errorText(error) });
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }
}
