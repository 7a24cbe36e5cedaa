/**
 * Says how far the stream was read. Slow handlers are the mailbox's business; a process that is too busy
 * to read at all says nothing, and the platform joins ticks for it.
 */
import { ACK_EVERY_FRAMES, ACK_INTERVAL_MS } from "./limits.ts";

export class Acks {
  readonly #send: (message: { op: "ack"; seq: number }) => boolean;
  #said = { seq: 0, at: 0 };

  /** `send` is false when there is no line. */
  constructor(send: (message: { op: "ack"; seq: number }) => boolean) {
    this.#send = send;
  }

  /** Numbers start anew. */
  reset(): void {
    this.#said = { seq: 0, at: 0 };
  }

  rebase(seq: number): void {
    this.#said = { ...this.#said, seq };
  }

  read(seq: number): void {
    const { seq: said, at } = this.#said;
    if (seq >= said + ACK_EVERY_FRAMES && Date.now() >= at + ACK_INTERVAL_MS) this.say(seq);
  }

  say(seq: number, now = Date.now()): void {
    if (this.#send({ op: "ack", seq })) this.#said = { seq, at: now };
  }
}
