/** Sends texts in order and not faster than the platform reads them: what is too much for now waits its turn. */

export class Pace {
  readonly #perSecondMax: number;
  readonly #send: (text: string) => void;
  readonly #waiting: string[] = [];
  /** Goes before all that waits: only the newest of its kind has anything to say. */
  #ahead: string | null = null;
  #wasAhead = false;
  /** When each of the last texts left, ms since 1970; oldest first. */
  #sentAt: number[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(perSecondMax: number, send: (text: string) => void) {
    this.#perSecondMax = perSecondMax;
    this.#send = send;
  }

  send(text: string): void {
    this.#waiting.push(text);
    if (this.#timer === null) this.#pump();
  }

  /** Takes the place of an earlier one that still waits, and goes before the rest, by turns with it. */
  sendAhead(text: string): void {
    this.#ahead = text;
    if (this.#timer === null) this.#pump();
  }

  /** What waits is for a line that is no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
    this.#ahead = null;
  }

  #pump(): void {
    this.#timer = null;
    const now = Date.now();
    this.#sentAt = this.#sentAt.filter((at) => at > now - 1_000);
    while (this.#sentAt.length < this.#perSecondMax) {
      const text = this.#next();
      if (text === undefined) return;
      this.#sentAt.push(now);
      this.#send(text);
    }
    const oldest = this.#sentAt[0] ?? now;
    if (this.#waiting.length > 0 || this.#ahead !== null) {
      this.#timer = setTimeout(() => this.#pump(), Math.max(1, oldest + 1_001 - now));
    }
  }

  #next(): string | undefined {
    const ahead = this.#wasAhead && this.#waiting.length > 0 ? null : this.#ahead;
    this.#wasAhead = ahead !== null;
    if (ahead === null) return this.#waiting.shift();
    this.#ahead = null;
    return ahead;
  }
}
