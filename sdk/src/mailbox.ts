/**
 * Hands events to the algo one at a time and in order, without ever holding up the socket. Past a bound
 * ticks are joined to the latest per instrument; orders, gaps and errors are never dropped.
 */
import { QUEUED_EVENTS_MAX } from "./limits.ts";

export interface Entry<Event> {
  event: Event;
  /** Events with the same key may be joined to the latest; null: must be handled each. */
  key: string | null;
}

interface MailboxOptions<Event> {
  handle(event: Event): Promise<void>;
  /** Keep only the latest of each key while the handler is busy. */
  conflate: boolean;
  queuedMax: number;
  /** Joining has begun, or everything queued was handled. */
  onLagging(on: boolean, queued: number): void;
  /** `handle` threw, or too much is waiting: the mailbox is closed. */
  onFailure(error: unknown): void;
}

export class Mailbox<Event> {
  readonly #options: MailboxOptions<Event>;
  #queue: Entry<Event>[] = [];
  #head = 0;
  #byKey = new Map<string, Entry<Event>>();
  /** Joinable events that wait. */
  #joinable = 0;
  #lagging = false;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(options: MailboxOptions<Event>) {
    this.#options = options;
  }

  push(entry: Entry<Event>): void {
    if (this.#closed) return;
    if (entry.key !== null && this.#join(entry.key, entry)) return;
    this.#queue.push(entry);
    if (this.waiting - this.#joinable > QUEUED_EVENTS_MAX) {
      return this.#fail(new Error(`${QUEUED_EVENTS_MAX} events wait: a handler does not return`));
    }
    this.#running ??= this.#run();
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Takes nothing more; resolves when the handler in progress has returned. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  /** True when the entry took the place of one that waits. */
  #join(key: string, entry: Entry<Event>): boolean {
    if (!this.#options.conflate && !this.#lagging && this.#joinable >= this.#options.queuedMax) {
      this.#collapse();
    }
    const waiting = this.#options.conflate || this.#lagging ? this.#byKey.get(key) : undefined;
    if (waiting !== undefined) {
      waiting.event = entry.event;
      return true;
    }
    this.#joinable += 1;
    this.#byKey.set(key, entry);
    return false;
  }

  /** Too much waits: keeps the latest event of each key, where that one stands. */
  #collapse(): void {
    this.#lagging = true;
    const queued = this.waiting;
    this.#queue = this.#queue
      .slice(this.#head)
      .filter((entry) => entry.key === null || this.#byKey.get(entry.key) === entry);
    this.#head = 0;
    this.#joinable = this.#byKey.size;
    this.#options.onLagging(true, queued);
  }

  async #run(): Promise<void> {
    // Not in the turn of the socket's message: a handler must not delay what else that turn reads.
    await Promise.resolve();
    try {
      for (let entry = this.#take(); entry !== null; entry = this.#take()) {
        await this.#options.handle(entry.event);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running = null;
    }
  }

  #take(): Entry<Event> | null {
    const entry = this.#closed ? undefined : this.#queue[this.#head];
    if (entry === undefined) {
      if (this.#lagging && !this.#closed) {
        this.#lagging = false;
        this.#options.onLagging(false, 0);
        // Telling the algo so is an event itself.
        return this.#take();
      }
      return null;
    }
    this.#head += 1;
    if (entry.key !== null) {
      this.#joinable -= 1;
      if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    }
    // Cut off the handled part now and then, not at each event.
    if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onFailure(error);
  }
}
