/** One data connection of the exchange: what it holds, what waits to be sent, and the faults that befell it. */
import { PerSecond } from "../src/brokers/paper/per-second.ts";
import { PAPER_RULES } from "../src/brokers/paper/rules.ts";
import type { PaperView } from "../src/contract/paper.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import type { SocketSession } from "./paper-session.ts";

/** Close codes of who wants nothing any more: normal, and without a reason. */
export const CLOSES_WANTED: readonly number[] = [1000, 1005];

/** Close code of a dropped socket: "going away", as a broker's restart gives it. */
export const CLOSE_DROPPED = 1012;

export class FeedConnection {
  readonly id: string;
  readonly session: SocketSession;
  readonly #socket: WebSocket;
  readonly modes = new Map<string, FeedMode>();
  sentFrames = 0;
  /** Until then (ms since 1970) nothing at all is sent, heartbeats neither: what is due meanwhile is lost. */
  silentUntil = 0;
  #rows: string[] = [];
  /** Order books, as JSON; they leave before the ticks that carry them. */
  #books: string[] = [];
  #later: { dueAt: number; row: string }[] = [];
  readonly #swapped = new Map<string, string>();
  /** Its messages, against the exchange's rate. */
  readonly asks = new PerSecond(PAPER_RULES.subscribeMessagesPerSecond);

  constructor(id: string, socket: WebSocket, session: SocketSession) {
    this.id = id;
    this.session = session;
    this.#socket = socket;
  }

  get view(): PaperView["connections"][number] {
    return { id: this.id, subscriptions: this.modes.size, sentFrames: this.sentFrames };
  }

  add(row: string): void {
    this.#rows.push(row);
  }

  addBook(book: string): void {
    this.#books.push(book);
  }

  addLater(row: string, dueAt: number): void {
    this.#later.push({ dueAt, row });
  }

  keepForSwap(instrument: string, row: string): void {
    this.#swapped.set(instrument, row);
  }

  /** Sends the later tick first if an earlier one of the same instrument is kept for that. */
  swap(instrument: string, row: string): boolean {
    const earlier = this.#swapped.get(instrument);
    if (earlier === undefined) return false;
    this.#swapped.delete(instrument);
    this.#rows.push(row, earlier);
    return true;
  }

  /** True when `flush` has something to send. */
  isReady(now: number): boolean {
    const waits = this.#rows.length + this.#books.length;
    return waits > 0 || this.#later.some(({ dueAt }) => dueAt <= now);
  }

  flush(now: number): void {
    if (this.session.isSilent) {
      this.#books = [];
      this.#rows = [];
      return;
    }
    if (this.#later.length > 0) {
      for (const { dueAt, row } of this.#later) if (dueAt <= now) this.#rows.push(row);
      this.#later = this.#later.filter(({ dueAt }) => dueAt > now);
    }
    if (this.#books.length > 0) {
      this.send(`{"type":"books","books":[${this.#books.join(",")}]}`, now);
      this.#books = [];
    }
    if (this.#rows.length === 0) return;
    const frame = `{"type":"ticks","ticks":[${this.#rows.join(",")}]}`;
    this.#rows = [];
    this.send(frame, now);
  }

  /** Sends a frame that breaks off in the middle instead of what was gathered. */
  flushMalformed(now: number): void {
    const [row = ""] = this.#rows;
    this.#rows = [];
    this.send(`{"type":"ticks","ticks":[${row.slice(0, row.length / 2)}`, now);
  }

  send(frame: string, now: number): void {
    if (now < this.silentUntil) return;
    try {
      this.#socket.send(frame);
      this.sentFrames += 1;
    } catch {
      // The other end is gone; its close event takes the connection out.
    }
  }

  close(code: number, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // Closed already.
    }
  }
}
