/**
 * Tells the market manager how the instruments of this shard are: fresh, stale, or cut off. News is what
 * the exchange's own clock has moved on with: a snapshot sent again, from a cache whose source is dead,
 * is none. Looks once a second at what the tick path left behind; it is not on that path.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { HealthReport, InstrumentHealth } from "../src/application/provider-ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { FEED_MODES } from "../src/domain/tick.ts";
import { PROVIDER_REPORT_MS } from "../src/domain/provider-limits.ts";
import { marketManager } from "../src/platform/objects.ts";
import { freshnessAt, Sessions } from "./feed-shard.freshness.ts";
import { groupsOf, type HeldInstrument } from "./feed-shard.held.ts";

const LOOK_MS = 1_000;

export interface HealthHost {
  provider: string;
  shard: string;
  held(): Iterable<HeldInstrument>;
  isConnected(): boolean;
  send(report: HealthReport): Promise<void>;
  log: Log;
}

/** The health of one shard, told to the market manager. */
export function shardHealth(
  env: Env,
  shard: string,
  book: { held: ReadonlyMap<InstrumentId, HeldInstrument> },
  upstream: { line: { connection: { state: string } } },
  log: Log,
): ShardHealth {
  return new ShardHealth({
    provider: shard.split(":")[0] ?? "",
    shard,
    held: () => book.held.values(),
    isConnected: () => upstream.line.connection.state === "live",
    send: (report) => marketManager(env).health(report),
    log,
  });
}

export class ShardHealth {
  readonly #host: HealthHost;
  #timer: ReturnType<typeof setInterval> | null = null;
  #said = "";
  #saidAt = 0;

  constructor(host: HealthHost) {
    this.#host = host;
  }

  /** Looks from now on, once a second, until nothing is held any more and that has been said. */
  start(): void {
    this.#timer ??= setInterval(() => this.look(Date.now()), LOOK_MS);
  }

  /** Sends what has changed since it was last said, and all of it from time to time. */
  look(now: number): void {
    const { provider, shard } = this.#host;
    const isConnected = this.#host.isConnected();
    const sessions = new Sessions(now);
    const instruments = [...this.#host.held()].flatMap((held) => healthOf(held, sessions));
    const epoch = Math.max(0, ...[...this.#host.held()].map((held) => held.epoch));
    const said = JSON.stringify([isConnected, epoch, instruments]);
    if (said === this.#said && instruments.length === 0) this.#stop();
    if (said === this.#said && now - this.#saidAt < PROVIDER_REPORT_MS) return;
    this.#said = said;
    this.#saidAt = now;
    this.#host
      .send({ provider, shard, isConnected, epoch, instruments })
      .catch((error: unknown) => {
        // Said again at the next look.
        this.#said = "";
        this.#host.log("warn", "health_not_told", { reason: errorText(error) });
      });
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

function healthOf(held: HeldInstrument, sessions: Sessions): InstrumentHealth[] {
  // Another shard of the same broker delivers it.
  if (held.phase === "standby" || held.phase === "released") return [];
  const { instrument } = held;
  const freshness = freshnessAt(held, sessions, "provider");
  const isJudged = freshness === "fresh" || freshness === "stale";
  // Somebody gets it: it is not only pinned, or kept ready to take over.
  const isWanted =
    held.markGroups.length > 0 || FEED_MODES.some((mode) => groupsOf(held, mode).length > 0);
  return [{ instrument, isFresh: isJudged ? freshness === "fresh" : null, isWanted }];
}
