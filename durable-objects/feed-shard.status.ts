/** How a shard stands, for people: its figures are measured here and told by `view`. It decides nothing. */
import type { ShardView } from "../src/contract/brokers.ts";
import { LAG_WINDOW_MS } from "../src/domain/feed-limits.ts";
import { LagMeter } from "../src/domain/lag.ts";
import type { MarketUpdate } from "../src/domain/tick.ts";
import type { TickBook } from "./feed-shard.book.ts";
import type { Line } from "./feed-shard.line.ts";
import type { ShardHistory } from "./feed-shard.history.ts";
import type { Links } from "./feed-shard.links.ts";

interface Parts {
  shard: string;
  book: TickBook;
  links: Links;
  line: Line;
  history: ShardHistory;
}

export class ShardStatus {
  readonly #arrival = new LagMeter();
  #ticksBefore = 0;
  #ticksPerSecond = 0;
  #turnedAt = 0;

  /** One frame of updates has come. */
  arrived(updates: readonly MarketUpdate[], now: number): void {
    for (const { exchangeTime } of updates)
      if (exchangeTime !== null) this.#arrival.note(now - exchangeTime);
  }

  /** Once a second. */
  beat(ticks: number, links: Links, now: number): void {
    this.#ticksPerSecond = ticks - this.#ticksBefore;
    this.#ticksBefore = ticks;
    if (now - this.#turnedAt < LAG_WINDOW_MS / 2) return;
    this.#turnedAt = now;
    this.#arrival.turn();
    links.lag.turn();
  }

  stop(): void {
    this.#ticksPerSecond = 0;
  }

  view({ shard, book, links, line, history }: Parts): ShardView {
    const { connection, subscriber } = line;
    const { instruments, messages } = subscriber.queue;
    const { ticks, bytes } = links.queue;
    return {
      shard,
      state: connection.state,
      epoch: connection.epoch,
      instruments: book.held.size,
      ...subscriber.counts,
      markets: links.markets,
      ticks: book.ticks,
      ticksPerSecond: this.#ticksPerSecond,
      dropped: { ...book.dropped, ...history.dropped },
      unreadable: { ...connection.faults.counts },
      lag: { exchangeToReceived: this.#arrival.figures, receivedToSent: links.lag.figures },
      queue: {
        upstreamInstruments: instruments,
        upstreamMessages: messages,
        downstreamTicks: ticks,
        downstreamBytes: bytes,
      },
      // Its manager knows, and adds it.
      draining: null,
      recording: history.view,
      reconnects: connection.reconnects,
      lastMessageAt: connection.dataAt,
      connectedAt: connection.connectedAt,
    };
  }
}
