/**
 * The exchange's data sockets: who subscribed what, and what each gets. Ticks are gathered and leave
 * in one frame per connection and beat. It writes nothing and knows no prices of its own.
 */
import { feedRequest } from "../src/brokers/paper/wire.ts";
import type { FeedNotice, FeedRequest } from "../src/brokers/paper/wire.ts";
import type { FaultSwitches } from "../src/brokers/paper/faults.ts";
import { PAPER_RULES } from "../src/brokers/paper/rules.ts";
import { crossedBook, type PaperBookRow } from "../src/brokers/paper/market/depth.ts";
import { parseAs } from "../src/brokers/paper/parse.ts";
import type { TickText } from "../src/brokers/paper/tick-text.ts";
import type { PaperView } from "../src/contract/paper.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import { CLOSE_DROPPED, CLOSES_WANTED, FeedConnection } from "./paper-feed-connection.ts";
import { clockFrame, type FeedSource } from "./paper-feed-source.ts";
import { CLOSE_SESSION, type PaperSession } from "./paper-session.ts";

type PaperLimit = NonNullable<Extract<FeedNotice, { type: "refused" }>["limit"]>;

export class PaperFeed {
  /** What a connection takes: as its rules say, unless the operator set it lower to see what happens. */
  instrumentsMax = PAPER_RULES.instrumentsPerConnectionMax;
  readonly #faults: FaultSwitches;
  readonly #session: PaperSession;
  readonly #source: FeedSource;
  readonly #connections = new Set<FeedConnection>();
  readonly #subscribers = new Map<string, FeedConnection[]>();
  #opened = 0;
  ticksSent = 0;
  /** Called when something was subscribed or let go. */
  onChange: () => void = () => {};
  /** Called with what a connection held that broke: its instruments trade on, whoever listens. */
  onBroken: (instruments: Iterable<string>) => void = () => {};

  constructor(faults: FaultSwitches, session: PaperSession, source: FeedSource) {
    this.#faults = faults;
    this.#session = session;
    this.#source = source;
  }

  /** Every instrument that somebody subscribed. */
  get instruments(): IterableIterator<string> {
    return this.#subscribers.keys();
  }

  get isIdle(): boolean {
    return this.#connections.size === 0;
  }

  get hasSubscriptions(): boolean {
    return this.#subscribers.size > 0;
  }

  isSubscribed(instrument: string): boolean {
    return this.#subscribers.has(instrument);
  }

  /** True when somebody follows its order book. */
  isFollowed(instrument: string): boolean {
    const subscribers = this.#subscribers.get(instrument) ?? [];
    return subscribers.some(({ modes }) => modes.get(instrument) === "depth");
  }

  /** Why no further connection is taken now, or null. */
  refusal(): string | null {
    if (this.#faults.strike("refuse_connection", () => true))
      return "the exchange takes no connections";
    if (this.#connections.size < PAPER_RULES.connectionsMax) return null;
    return `all ${PAPER_RULES.connectionsMax} data connections of this account are in use`;
  }

  open(socket: WebSocket): void {
    this.#opened += 1;
    const connection = new FeedConnection(`feed-${this.#opened}`, socket, this.#session.ofSocket());
    this.#connections.add(connection);
    socket.addEventListener("message", ({ data }) => this.#message(connection, data));
    socket.addEventListener("close", ({ code }) => {
      this.#close(connection, !CLOSES_WANTED.includes(code));
      // A close that is not answered keeps the other side waiting.
      connection.close(1000, "goodbye");
    });
    socket.addEventListener("error", () => this.#close(connection, true));
    const now = Date.now();
    connection.send(clockFrame(this.#source, now, true), now);
    this.onChange();
  }

  #message(connection: FeedConnection, data: string | ArrayBuffer): void {
    const now = Date.now();
    const request = parseAs(feedRequest, data);
    if (!request.ok) {
      this.#notify(
        connection,
        { type: "refused", instruments: [], reason: request.error.reason },
        now,
      );
      return;
    }
    const { op, instruments } = request.value;
    if (op === "subscribe") this.#subscribe(connection, request.value, now);
    else if (op === "snapshot") {
      for (const instrument of instruments) this.#sendBook(connection, instrument);
      connection.flush(now);
    } else {
      for (const instrument of instruments) this.#letGo(connection, instrument);
      this.#notify(connection, { type: "unsubscribed", instruments }, now);
      this.onChange();
    }
  }

  #subscribe(
    connection: FeedConnection,
    { instruments, mode }: Extract<FeedRequest, { op: "subscribe" }>,
    now: number,
  ): void {
    const refuse = (refused: string[], reason: string, limit?: PaperLimit) => {
      const notice = { type: "refused", instruments: refused, reason } as const;
      this.#notify(connection, limit ? { ...notice, limit } : notice, now);
    };
    if (instruments.length > PAPER_RULES.subscribeBatchMax) {
      return refuse(instruments, `a message takes ${PAPER_RULES.subscribeBatchMax} instruments`);
    }
    if (!connection.asks.take(now)) {
      const rate = PAPER_RULES.subscribeMessagesPerSecond;
      return refuse(
        instruments,
        `a connection takes ${rate} messages a second`,
        "subscribeMessagesPerSecond",
      );
    }
    if (this.#faults.strike("refuse_subscribe", (id) => instruments.includes(id))) {
      return refuse(instruments, "the exchange refuses subscriptions");
    }
    const unknown = instruments.filter((id) => !this.#source.isListed(id));
    if (unknown.length > 0) refuse(unknown, "no such instrument");
    const known = instruments.filter((id) => this.#source.isListed(id));
    const most = this.instrumentsMax;
    const room = most - connection.modes.size;
    const fresh = known.filter((id) => !connection.modes.has(id));
    const over = new Set(fresh.slice(Math.max(0, room)));
    if (over.size > 0) {
      refuse([...over], `a connection takes ${most} instruments`, "instrumentsPerConnection");
    }
    const taken = known.filter((id) => !over.has(id));
    if (taken.length === 0) return;
    this.#notify(connection, { type: "subscribed", instruments: taken }, now);
    for (const instrument of taken) {
      // Taken before it is held: whether somebody follows the book already is asked for it.
      const book = mode === "depth" ? this.#source.book(instrument) : null;
      this.#hold(connection, instrument, mode);
      if (book) connection.addBook(JSON.stringify(book));
      this.#sendSnapshot(connection, instrument);
    }
    connection.flush(now);
    this.strikeConnections(now);
    this.onChange();
  }

  #hold(connection: FeedConnection, instrument: string, mode: FeedMode): void {
    if (!connection.modes.has(instrument)) {
      const subscribers = this.#subscribers.get(instrument);
      if (subscribers) subscribers.push(connection);
      else this.#subscribers.set(instrument, [connection]);
    }
    connection.modes.set(instrument, mode);
  }

  #letGo(connection: FeedConnection, instrument: string): void {
    if (!connection.modes.delete(instrument)) return;
    const others = this.#subscribers.get(instrument)?.filter((other) => other !== connection) ?? [];
    if (others.length > 0) this.#subscribers.set(instrument, others);
    else this.#subscribers.delete(instrument);
  }

  #sendSnapshot(connection: FeedConnection, instrument: string): void {
    const text = this.#source.snapshot(instrument);
    if (text) connection.add(connection.modes.get(instrument) === "ltp" ? text.ltp : text.quote);
  }

  #sendBook(connection: FeedConnection, instrument: string): void {
    if (connection.modes.get(instrument) !== "depth") return;
    const book = this.#source.book(instrument);
    if (book) connection.addBook(JSON.stringify(book));
  }

  #notify(connection: FeedConnection, notice: FeedNotice, now: number): void {
    // What was gathered goes first: an answer must not overtake the ticks that came before it.
    connection.flush(now);
    connection.send(JSON.stringify(notice), now);
  }

  #close(connection: FeedConnection, isBroken: boolean): void {
    if (!this.#connections.delete(connection)) return;
    if (isBroken) this.onBroken(connection.modes.keys());
    for (const instrument of connection.modes.keys()) this.#letGo(connection, instrument);
    this.onChange();
  }

  /** Hands one tick to whoever subscribed its instrument; `flush` sends it. */
  tick(text: TickText, now: number): void {
    const subscribers = this.#subscribers.get(text.instrument);
    if (!subscribers) return;
    for (const connection of subscribers) {
      const row = connection.modes.get(text.instrument) === "ltp" ? text.ltp : text.quote;
      this.#deliver(connection, text.instrument, row, now);
      this.ticksSent += 1;
    }
  }

  /** Hands a change of an order book, or a whole one, to whoever follows it; `flush` sends it. */
  book(row: PaperBookRow): void {
    const { instrument } = row;
    const concerns = (id: string) => id === instrument;
    let text: string | null = null;
    for (const connection of this.#subscribers.get(instrument) ?? []) {
      if (connection.modes.get(instrument) !== "depth") continue;
      if (this.#faults.strike("drop_book_delta", concerns)) continue;
      if (this.#faults.strike("cross_book", concerns))
        connection.addBook(JSON.stringify(crossedBook(row)));
      else if (this.#faults.strike("wrong_book_checksum", concerns))
        connection.addBook(JSON.stringify({ ...row, checksum: (row.checksum ^ 1) >>> 0 }));
      else connection.addBook((text ??= JSON.stringify(row)));
    }
  }

  #deliver(connection: FeedConnection, instrument: string, row: string, now: number): void {
    const concerns = (id: string) => id === instrument;
    const delay = this.#faults.strike("delay", concerns);
    if (delay) return connection.addLater(row, now + delay.durationMs);
    if (connection.swap(instrument, row)) return;
    if (this.#faults.strike("reorder", concerns)) return connection.keepForSwap(instrument, row);
    connection.add(row);
    if (this.#faults.strike("duplicate", concerns)) connection.add(row);
  }

  /** Sends what was gathered. */
  flush(now: number): void {
    for (const connection of this.#connections) {
      if (!connection.isReady(now)) continue;
      const holds = (id: string) => connection.modes.has(id);
      if (this.#faults.strike("malformed_feed", holds)) connection.flushMalformed(now);
      else connection.flush(now);
    }
  }

  /** Tells those whose session is over so, and closes them. */
  endSessions(now: number): void {
    for (const connection of this.#connections) {
      const reason = this.#session.ended(connection.session, now);
      if (reason === null) continue;
      this.#notify(connection, { type: "session_expired", reason }, now);
      connection.close(CLOSE_SESSION, "session expired");
      this.#close(connection, true);
    }
  }

  heartbeat(now: number): void {
    this.endSessions(now);
    this.tellClock(now, false);
  }

  /** `isSet`: the market has another clock from now on, and all hear it before the first tick by it. */
  tellClock(now: number, isSet: boolean): void {
    const frame = clockFrame(this.#source, now, isSet);
    for (const connection of this.#connections) {
      if (isSet) connection.flush(now);
      connection.send(frame, now);
    }
  }

  /** Drops and silences as many connections as their faults ask for; each strike takes one. */
  strikeConnections(now: number): void {
    for (const connection of this.#connections) {
      // A connection that has subscribed nothing yet has nothing to lose.
      if (connection.modes.size === 0) continue;
      const holds = (id: string) => connection.modes.has(id);
      if (connection.silentUntil <= now) {
        const silence = this.#faults.strike("silent_feed", holds);
        if (silence) connection.silentUntil = now + silence.durationMs;
      }
      if (this.#faults.strike("drop_feed_socket", holds)) {
        connection.close(CLOSE_DROPPED, "dropped by a fault switch");
        this.#close(connection, true);
      }
    }
  }

  /** Lets silenced connections speak again. */
  endSilence(): void {
    for (const connection of this.#connections) connection.silentUntil = 0;
  }

  view(): Pick<PaperView, "connections" | "subscriptions" | "ticksSent"> {
    const connections = [...this.#connections].map((connection) => connection.view);
    const subscriptions = connections.reduce((sum, { subscriptions: held }) => sum + held, 0);
    return { connections, subscriptions, ticksSent: this.ticksSent };
  }
}
