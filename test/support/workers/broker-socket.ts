/** A broker's data socket whose other end a test plays by hand: what it brings, and how it ends. */
import type { FeedMessage } from "../../../src/brokers/broker.ts";

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

export class BrokerSocket extends EventTarget {
  readyState = OPEN;
  binaryType = "blob";
  readonly sent: string[] = [];
  /** The other end answers the close, as a healthy one does, unless it is deaf. */
  isDeaf = false;
  /** This end has closed it. */
  closed = false;

  accept(): void {}

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.closed = true;
    this.readyState = this.isDeaf ? CLOSING : CLOSED;
    // Answered in a later turn: a next socket of the same line waits for it.
    if (!this.isDeaf) queueMicrotask(() => this.ended());
  }

  get isOpen(): boolean {
    return this.readyState === OPEN;
  }

  /** Nothing comes any more once the close was answered. */
  bring(message: FeedMessage): void {
    if (this.readyState === CLOSED) return;
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  /** The close is answered. */
  ended(): void {
    this.#end(1000);
  }

  /** The line is cut. */
  drop(): void {
    this.#end(1006);
  }

  #end(code: number): void {
    this.readyState = CLOSED;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}
