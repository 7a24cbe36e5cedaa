/**
 * The sockets from a shard to its markets and to the ledger: opened while somebody is interested,
 * opened again when they break. Frames are joined once for all consumers with the same list.
 */
import { errorText } from "../src/application/log.ts";
import type { ConsumerId } from "../src/application/ports.ts";
import {
  gapLine,
  type LinkGap,
  type LinkStatus,
  markerLine,
  statusLine,
} from "../src/contract/link.ts";
import { backoffDelay } from "../src/domain/backoff.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { LagMeter } from "../src/domain/lag.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import { COALESCE_MS_MAX, LINK_RECONNECT, MARK_INTERVAL_MS } from "../src/domain/limits.ts";
import { CLOSE_LINK_UNWANTED } from "../src/domain/market-limits.ts";
import type { TickBook } from "./feed-shard.book.ts";
import {
  answerTo,
  type Consumer,
  type Group,
  type Marks,
  type LinkHost,
  gapsOf,
  groupKey,
  markOf,
  newConsumer,
  onAskedAgain,
  waitingIn,
} from "./feed-shard.consumer.ts";
import {
  introduction,
  isDone,
  newsFor,
  oweReleased,
  resumption,
} from "./feed-shard.introduction.ts";
import { groupsOf, type HeldInstrument, noGroups } from "./feed-shard.held.ts";

export class Links {
  readonly #book: TickBook;
  readonly #host: LinkHost;
  readonly #consumers = new Map<ConsumerId, Consumer>();
  #groups: Group[] = [];
  #marks: Marks[] = [];
  /** From arrival to the frame that carries it on, of the oldest tick in each. */
  readonly lag = new LagMeter();
  #waitingSince: number | null = null;
  #flushedAt = 0;
  #flushTimer: number | null = null;
  #marksAt = 0;
  #marksTimer: number | null = null;
  #lastMarker = 0;

  constructor(book: TickBook, host: LinkHost) {
    this.#book = book;
    this.#host = host;
  }

  get markets(): number {
    return [...this.#consumers.keys()].filter((id) => id.startsWith("market:")).length;
  }

  get queue(): { ticks: number; bytes: number } {
    return waitingIn(this.#groups, this.#consumers.values());
  }

  /** Replaces who wants what; closes the sockets of those who want nothing any more. */
  set(interest: ReadonlyMap<ConsumerId, ReadonlyMap<InstrumentId, FeedMode>>): void {
    // Lines already written belong to the groups as they were.
    this.flush();
    for (const [id, consumer] of this.#consumers) {
      if (interest.has(id)) continue;
      consumer.instruments = new Map();
      if (isDone(consumer, Date.now())) this.#remove(consumer);
    }
    for (const [id, instruments] of interest) {
      const consumer = this.#consumers.get(id) ?? newConsumer(id);
      consumer.instruments = instruments;
      // What it comes back to is new to it: it has not heard how that stands now.
      for (const heard of [consumer.known, consumer.unsaid])
        for (const one of heard) if (!instruments.has(one)) heard.delete(one);
      this.#consumers.set(id, consumer);
      if (consumer.socket) this.#introduce(consumer);
      else this.#dial(consumer);
    }
    this.#regroup();
  }

  isOpenTo(id: ConsumerId): boolean {
    return this.#consumers.get(id)?.socket instanceof WebSocket;
  }

  /** Sends what was written since the last flush: at once when it was quiet, else within `COALESCE_MS_MAX`. */
  flushSoon(now: number): void {
    this.#waitingSince ??= now;
    if (this.#flushTimer === null) {
      const wait = this.#flushedAt + COALESCE_MS_MAX - now;
      if (wait <= 0) this.flush();
      else this.#flushTimer = setTimeout(() => this.flush(), wait);
    }
    if (this.#marksTimer === null && this.#marks.some(({ changed }) => changed.size > 0)) {
      const wait = this.#marksAt + MARK_INTERVAL_MS - now;
      if (wait <= 0) this.#flushMarks();
      else this.#marksTimer = setTimeout(() => this.#flushMarks(), wait);
    }
  }

  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#flushedAt = Date.now();
    if (this.#waitingSince !== null) this.lag.note(this.#flushedAt - this.#waitingSince);
    this.#waitingSince = null;
    for (const group of this.#groups) {
      if (group.lines.length === 0) continue;
      const text = group.lines.join("\n");
      group.lines = [];
      for (const consumer of group.consumers) this.#send(consumer, text);
    }
  }

  /** Flushes, and waits until every market has read it all; a market that does not answer is not waited for long. */
  async settle(): Promise<void> {
    this.flush();
    for (const one of this.#consumers.values()) oweReleased(one, this.#book.held, this.#flushedAt);
    this.#lastMarker += 1;
    const marker = markerLine(String(this.#lastMarker));
    const answers = this.#groups
      .flatMap(({ consumers }) => consumers)
      .flatMap(({ socket }) => (socket ? [answerTo(socket, marker)] : []));
    await Promise.all(answers);
  }

  /** One gap for all that were lost at the same time, told and answered. */
  tellGaps(held: readonly HeldInstrument[], to: number, reason: string): LinkGap[] {
    const gaps = gapsOf(held, to, reason);
    for (const gap of gaps) this.tellGap(gap);
    return gaps;
  }

  /** Tells every market of the instruments that concern it, in order with the ticks. */
  tellGap(gap: LinkGap): void {
    this.#tell(gap.instruments, (instruments) => gapLine({ ...gap, instruments }));
  }

  /** The same once more, after the broker's history was asked. */
  tellLate(gap: LinkGap): void {
    this.tellGap(gap);
    this.flushSoon(Date.now());
  }

  tellStatus(status: LinkStatus): void {
    this.#tell(status.instruments, (instruments) => statusLine({ ...status, instruments }));
  }

  #tell(instruments: readonly InstrumentId[], line: (instruments: InstrumentId[]) => string): void {
    for (const group of this.#groups) {
      const concerned = instruments.filter((instrument) => group.instruments.has(instrument));
      if (concerned.length > 0) group.lines.push(line(concerned));
    }
  }

  #flushMarks(): void {
    clearTimeout(this.#marksTimer);
    this.#marksTimer = null;
    this.#marksAt = Date.now();
    for (const { consumer, changed } of this.#marks) {
      if (consumer.socket === null) continue;
      const marks = [...changed].flatMap((held) => markOf(held, this.#host.provider));
      changed.clear();
      if (marks.length > 0) this.#send(consumer, JSON.stringify({ marks }));
    }
  }

  #regroup(): void {
    const groups = new Map<string, Group>();
    this.#marks = [];
    for (const held of this.#book.held.values()) Object.assign(held, noGroups());
    for (const consumer of this.#consumers.values()) {
      if (consumer.id.startsWith("ledger:")) {
        const marks: Marks = { changed: new Set(), consumer };
        this.#marks.push(marks);
        this.#eachHeld(consumer, (held) => {
          held.markGroups.push(marks);
          if (held.delivered) marks.changed.add(held);
        });
        continue;
      }
      const key = groupKey(consumer);
      const group = groups.get(key) ?? {
        instruments: consumer.instruments,
        lines: [],
        consumers: [],
      };
      if (group.consumers.push(consumer) === 1)
        this.#eachHeld(consumer, (held, mode) => groupsOf(held, mode).push(group));
      groups.set(key, group);
    }
    this.#groups = [...groups.values()];
  }

  #eachHeld(consumer: Consumer, visit: (held: HeldInstrument, mode: FeedMode) => void): void {
    for (const [instrument, mode] of consumer.instruments) {
      const held = this.#book.held.get(instrument);
      if (held) visit(held, mode);
    }
  }

  /** Tells a market what is new to it: the alias, the last tick and the state of each instrument. */
  #introduce(consumer: Consumer): void {
    if (consumer.socket === null || !consumer.id.startsWith("market:")) return;
    const news = newsFor(consumer, this.#book.held);
    const line = (held: HeldInstrument, mode: FeedMode) =>
      held.delivered && this.#book.line(held, held.delivered, mode);
    for (const text of introduction(news, line, this.#host.feedState())) this.#send(consumer, text);
  }

  /** A market whose link was broken hears what it lost, and how the feed is now. */
  #resume(consumer: Consumer): void {
    const state = this.#host.feedState();
    for (const line of resumption(consumer, this.#book.held, state, Date.now()))
      this.#send(consumer, line);
  }

  #dial(consumer: Consumer): void {
    if (consumer.isDialling || consumer.socket) return;
    clearTimeout(consumer.retry);
    consumer.isDialling = true;
    this.#open(consumer)
      .catch((error: unknown) => {
        this.#host.log("warn", "link_failed", { to: consumer.id, reason: errorText(error) });
        this.#redial(consumer);
      })
      .finally(() => {
        consumer.isDialling = false;
      });
  }

  async #open(consumer: Consumer): Promise<void> {
    const socket = await this.#host.dial(consumer.id);
    if (this.#consumers.get(consumer.id) !== consumer) {
      socket.accept();
      socket.close(CLOSE_LINK_UNWANTED, "no longer wanted");
      return;
    }
    const ended = () => {
      if (consumer.socket !== socket) return;
      consumer.socket = null;
      consumer.brokenAt = Date.now();
      this.#redial(consumer);
      this.#host.changed();
    };
    socket.addEventListener("close", ended);
    socket.addEventListener("error", ended);
    this.#host.listen(socket);
    onAskedAgain(consumer, socket, () => {
      this.flush();
      this.#introduce(consumer);
    });
    socket.accept();
    // What was written before goes to those who were there; this one begins with a snapshot.
    this.flush();
    consumer.socket = socket;
    consumer.known = new Set();
    consumer.unsaid = new Set();
    consumer.attempt = 0;
    this.#resume(consumer);
    this.#introduce(consumer);
    if (isDone(consumer, Date.now())) this.#remove(consumer);
    this.#host.changed();
  }

  #redial(consumer: Consumer): void {
    if (this.#consumers.get(consumer.id) !== consumer) return;
    if (isDone(consumer, Date.now())) return this.#remove(consumer);
    const delay = backoffDelay(LINK_RECONNECT, consumer.attempt, Math.random());
    consumer.attempt += 1;
    clearTimeout(consumer.retry);
    consumer.retry = setTimeout(() => this.#dial(consumer), delay);
  }

  #remove(consumer: Consumer): void {
    this.#consumers.delete(consumer.id);
    clearTimeout(consumer.retry);
    consumer.socket?.close(CLOSE_LINK_UNWANTED, "no longer wanted");
    consumer.socket = null;
  }

  #send(consumer: Consumer, text: string): void {
    try {
      consumer.socket?.send(text);
    } catch {
      // The close event of the same socket follows, and redials; the gap is told then.
    }
  }
}
