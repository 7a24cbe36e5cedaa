/**
 * What a shard knows of the quality of its data: stale instruments, order books, the broker's clock and
 * the terms that all is judged by. It works by the second and by book message, never within the tick path.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { AssignedInstrument, FeedTerms } from "../src/application/ports.ts";
import type { LinkStatus } from "../src/contract/link.ts";
import type { TickView } from "../src/contract/market.ts";
import type { QualityView } from "../src/contract/quality.ts";
import type { StatedTime } from "../src/domain/exchange-clock.ts";
import { staleAfterMs } from "../src/domain/freshness.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { BookMessage } from "../src/domain/order-book/message.ts";
import { BOOK_FAULTS, OrderBook } from "../src/domain/order-book/order-book.ts";
import { brokerManager } from "../src/platform/objects.ts";
import type { TickBook } from "./feed-shard.book.ts";
import { freshnessAt, Sessions } from "./feed-shard.freshness.ts";
import { type HeldInstrument, isDelivered } from "./feed-shard.held.ts";
import type { ShardFeed } from "./feed-shard.polling.ts";

/** Books that break together are asked for together: a dropped frame breaks many. */
const RESYNC_JOIN_MS = 20;

export interface QualityHost {
  provider: string;
  shard: string;
  feed: Pick<ShardFeed, "formatBookResync" | "bookChecksum" | "pollMs">;
  terms(instruments: InstrumentId[]): Promise<FeedTerms[]>;
  tell(status: LinkStatus): void;
  /** The exchange's clock was set: what it said of later than this says nothing of what comes now. */
  clockSet(exchangeTime: number): void;
  /** Asks the broker for fresh books, at its pace. */
  resync(instruments: InstrumentId[]): void;
  log: Log;
}

/** What the rest of the shard does for it. */
interface ShardParts {
  feed: QualityHost["feed"];
  tell: QualityHost["tell"];
  clockSet: QualityHost["clockSet"];
  /** Sends messages at the broker's pace. */
  ask(messages: readonly string[]): void;
}

export const shardQuality = (
  env: Env,
  shard: string,
  book: TickBook,
  log: Log,
  parts: ShardParts,
): ShardQuality => {
  const { feed } = parts;
  const [provider = ""] = shard.split(":");
  return new ShardQuality(book, {
    provider,
    shard,
    feed,
    terms: (instruments) => brokerManager(env, provider).feedTerms(instruments),
    tell: (status) => parts.tell(status),
    clockSet: (exchangeTime) => parts.clockSet(exchangeTime),
    resync: (instruments) => parts.ask(feed.formatBookResync?.(instruments) ?? []),
    log,
  });
};

export class ShardQuality {
  readonly #book: TickBook;
  readonly #host: QualityHost;
  #isResyncing = false;

  constructor(book: TickBook, host: QualityHost) {
    this.#book = book;
    this.#host = host;
  }

  /** After the tick book was assigned: modes, books, and the terms of what is new. */
  assign(assigned: readonly AssignedInstrument[]): void {
    const { formatBookResync } = this.#host.feed;
    for (const { instrument, mode } of assigned) {
      const held = this.#book.held.get(instrument);
      if (!held) continue;
      // Asked for in another mode, it begins with a snapshot too.
      if (held.mode !== mode) held.cadence.isFirst = true;
      held.mode = mode;
      if (mode !== "depth" || formatBookResync === undefined) held.orderBook = null;
      else held.orderBook ??= this.#newBook();
    }
    if ([...this.#book.held.values()].some(({ calendar }) => calendar === null)) this.askForTerms();
  }

  /** A failed answer leaves what there is: the watchdog asks again. */
  askForTerms(): void {
    this.#host
      .terms([...this.#book.held.keys()])
      .then((terms) => this.learn(terms))
      .catch((error: unknown) =>
        this.#host.log("warn", "terms_unread", { reason: errorText(error) }),
      );
  }

  learn(terms: readonly FeedTerms[]): void {
    for (const { instrument, calendar, cleaning } of terms) {
      const held = this.#book.held.get(instrument);
      if (!held) continue;
      held.calendar = calendar;
      held.cleaner.settings = cleaning;
    }
  }

  /** A new connection: every book begins with the snapshot that it brings. */
  opened(): void {
    for (const { orderBook } of this.#book.held.values()) orderBook?.restart();
  }

  /** Another socket goes on: its books take the place of those of the one before. */
  goOn(books: ReadonlyMap<InstrumentId, OrderBook>): void {
    for (const held of this.#book.held.values()) {
      const before = held.orderBook;
      if (before === null) continue;
      held.orderBook = books.get(held.instrument) ?? this.#newBook();
      held.orderBook.resyncs += before.resyncs;
      for (const fault of BOOK_FAULTS) held.orderBook.faults[fault] += before.faults[fault];
    }
  }

  readonly #newBook = () => new OrderBook({ checksum: this.#host.feed.bookChecksum ?? null });

  /** A heartbeat, with the broker's clock where it states one. */
  heard({ time, ...more }: Partial<StatedTime>, now: number): void {
    if (time === undefined) return;
    const holdsUntil = this.#book.clock.holdsUntil(time, now);
    this.#book.clock.heard({ time, ...more }, now);
    if (!more.isSet) return;
    this.#book.forgetLaterThan(holdsUntil);
    this.#host.clockSet(holdsUntil);
  }

  takeBooks(messages: readonly BookMessage[], now: number): void {
    for (const message of messages) {
      const orderBook = this.#book.held.get(message.instrument)?.orderBook;
      if (!orderBook) this.#book.count("not_wanted");
      else {
        const fault = orderBook.take(message, now);
        if (fault !== null) this.#bookFailed(fault);
      }
    }
  }

  /**
   * Every second: tells what became stale and what recovered, once each, and asks again for broken
   * books. True when something was told, which is then to be sent.
   */
  beat(now: number): boolean {
    const sessions = new Sessions(now);
    const stale: HeldInstrument[] = [];
    const recovered: HeldInstrument[] = [];
    for (const held of this.#book.held.values()) {
      held.cadence.pollMs = this.#host.feed.pollMs?.(held.instrument) ?? 0;
      if (!isDelivered(held)) continue;
      const isStale = freshnessAt(held, sessions) === "stale";
      if (isStale === held.isStale) continue;
      held.isStale = isStale;
      (isStale ? stale : recovered).push(held);
      for (const group of held.markGroups) group.changed.add(held);
    }
    if (stale.length > 0) {
      this.#tell(
        "stale",
        stale,
        "no data for longer than usual: entries are refused until it comes",
      );
      this.#host.log("warn", "instruments_stale", { instruments: stale.length });
    }
    if (recovered.length > 0) {
      this.#tell("live", recovered, "data comes again");
      this.#host.log("info", "instruments_recovered", { instruments: recovered.length });
    }
    this.#resync(now);
    return stale.length + recovered.length > 0;
  }

  /** The last delivered ticks, each with how fresh it is. */
  quotes(instruments: readonly InstrumentId[], now: number): TickView[] {
    const sessions = new Sessions(now);
    return instruments.flatMap((instrument) => {
      const held = this.#book.held.get(instrument);
      const tick = held && this.#book.quote(instrument);
      if (!tick) return [];
      return { ...tick, observedAt: held.cadence.at, freshness: freshnessAt(held, sessions) };
    });
  }

  view(now: number): QualityView[] {
    const sessions = new Sessions(now);
    const { provider, shard } = this.#host;
    return [...this.#book.held.values()].filter(isDelivered).map((held) => ({
      instrument: held.instrument,
      provider,
      shard,
      mode: held.mode,
      state: held.orderBook?.state === "invalid" ? "invalid_book" : freshnessAt(held, sessions),
      lastTickAt: held.cadence.at,
      ageMs: held.cadence.at === null ? null : Math.max(0, now - held.cadence.at),
      exchangeTime: held.cadence.exchangeTime,
      intervalMs: held.cadence.intervalMs,
      staleAfterMs: staleAfterMs(held.cadence, "entries"),
      ticks: held.ticksBefore + held.count,
      dropped: { ...held.cleaner.dropped },
      isSpikeWaiting: held.cleaner.waiting !== null,
      gaps: held.gaps,
      book: bookView(held.orderBook),
      clockOffsetMs: this.#book.clock.offsetMs,
    }));
  }

  #tell(state: "stale" | "live", held: readonly HeldInstrument[], message: string): void {
    const instruments = held.map(({ instrument }) => instrument);
    this.#host.tell({ subject: "instrument", state, instruments, message });
  }

  #bookFailed(fault: string): void {
    this.#book.count(`book_${fault}`);
    if (this.#isResyncing) return;
    this.#isResyncing = true;
    setTimeout(() => {
      this.#isResyncing = false;
      this.#resync(Date.now());
    }, RESYNC_JOIN_MS);
  }

  #resync(now: number): void {
    const due = [...this.#book.held.values()]
      .filter(({ orderBook }) => orderBook?.askForResync(now))
      .map(({ instrument }) => instrument);
    if (due.length === 0) return;
    this.#host.log("warn", "books_resynced", { instruments: due.length });
    this.#host.resync(due);
  }
}

const bookView = (book: OrderBook | null): QualityView["book"] =>
  book && {
    state: book.state,
    resyncs: book.resyncs,
    faults: { ...book.faults },
    bids: book.bids.length,
    asks: book.asks.length,
  };
