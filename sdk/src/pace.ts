/**
 * Sends texts in order, not faster than the platform reads them, and not more than it keeps waiting for
 * their answers: what is too much for now waits its turn.
 */

interface Answers {
  /** Requests that may be without one at the same time. */
  openMax: number;
  /** After so long without any, one is taken to be lost: a miscount never stops an algo for good. */
  waitMsMax: number;
}

const ANY: Answers = { openMax: Infinity, waitMsMax: Infinity };

export class Pace {
  readonly #perSecondMax: number;
  readonly #send: (text: string) => void;
  readonly #answers: Answers;
  readonly #waiting: string[] = [];
  /** By kind, what goes before all that waits: only the newest of its kind has anything to say. */
  readonly #ahead = new Map<string, string>();
  #wasAhead = false;
  /** When each of the last texts left, ms since 1970; oldest first. */
  #sentAt: number[] = [];
  /** Requests without an answer: the platform answers one after the other. */
  #open = 0;
  /** When one was sent or answered last. */
  #movedAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(perSecondMax: number, send: (text: string) => void, answers = ANY) {
    this.#perSecondMax = perSecondMax;
    this.#send = send;
    this.#answers = answers;
  }

  /** A request: something that is answered. */
  send(text: string): void {
    this.#waiting.push(text);
    this.#pump();
  }

  /** Takes the place of an earlier one of its kind that still waits, and goes before the rest, by turns with it. */
  sendAhead(text: string, kind = "ack"): void {
    this.#ahead.set(kind, text);
    this.#pump();
  }

  /** The platform has answered a request. */
  answered(): void {
    this.#answer(Date.now());
    if (this.#waiting.length > 0) this.#pump();
  }

  /** What waits is for a line that is no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
    this.#ahead.clear();
  }

  #pump(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const now = Date.now();
    if (now >= this.#movedAt + this.#answers.waitMsMax) this.#answer(now);
    this.#sentAt = this.#sentAt.filter((at) => at > now - 1_000);
    while (this.#sentAt.length < this.#perSecondMax) {
      const text = this.#next(now);
      if (text === undefined) break;
      this.#sentAt.push(now);
      this.#send(text);
    }
    const waitMs = this.#waitMs(now);
    if (waitMs !== null) this.#timer = setTimeout(() => this.#pump(), Math.max(1, waitMs));
  }

  /** Until something may go that may not now; null when nothing waits. */
  #waitMs(now: number): number | null {
    if (this.#ahead.size > 0 || this.#mayAsk) return (this.#sentAt[0] ?? now) + 1_001 - now;
    return this.#waiting.length > 0 ? this.#movedAt + this.#answers.waitMsMax - now : null;
  }

  #answer(now: number): void {
    this.#open = Math.max(0, this.#open - 1);
    this.#movedAt = now;
  }

  get #mayAsk(): boolean {
    return this.#waiting.length > 0 && this.#open < this.#answers.openMax;
  }

  #next(now: number): string | undefined {
    const mayAsk = this.#mayAsk;
    const [ahead] = this.#wasAhead && mayAsk ? [] : this.#ahead;
    this.#wasAhead = ahead !== undefined;
    if (ahead !== undefined) {
      const [kind, text] = ahead;
      this.#ahead.delete(kind);
      return text;
    }
    if (!mayAsk) return undefined;
    this.#open += 1;
    this.#movedAt = now;
    return this.#waiting.shift();
  }
}
