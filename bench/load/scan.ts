/**
 * Reads what the servers send, byte by byte and without making objects: two million ticks a second must
 * not be bound by the reader. All servers' ticks are read by the same function.
 */

const COMMA = 44;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const DIGIT_0 = 48;
const NEWLINE = 10;
const SPACE = 32;

/** Columns of a row: `[alias, last, lastQuantity, bid, bidQuantity, ask, askQuantity, volume, exchangeTime, …]`. */
const VOLUME_COLUMN = 7;

export interface TickSink {
  /** One tick of one row. `volume` counts the ticks of its instrument; `time` is when the feed made it. */
  tick(alias: number, volume: number, time: number): void;
}

/** Reads the row that opens at `at`; answers where it ends. What is cut off is read to the bytes' end. */
export function readRow(bytes: Uint8Array, at: number, sink: TickSink): number {
  const end = bytes.length;
  let i = at + 1;
  let alias = 0;
  for (; i < end && bytes[i] !== COMMA; i += 1) alias = alias * 10 + (bytes[i] ?? 0) - DIGIT_0;
  for (let column = 1; column < VOLUME_COLUMN; column += 1) {
    i += 1;
    while (i < end && bytes[i] !== COMMA) i += 1;
  }
  let volume = 0;
  for (i += 1; i < end && bytes[i] !== COMMA; i += 1)
    volume = volume * 10 + (bytes[i] ?? 0) - DIGIT_0;
  let time = 0;
  for (i += 1; i < end && bytes[i] !== COMMA; i += 1) time = time * 10 + (bytes[i] ?? 0) - DIGIT_0;
  sink.tick(alias, volume, time);
  while (i < end && bytes[i] !== BRACKET_CLOSE) i += 1;
  return i + 1;
}

/** Reads all rows of a compact frame's list, which opens at the bracket at `at`. */
export function readRows(bytes: Uint8Array, at: number, sink: TickSink): void {
  let i = at + 1;
  while (bytes[i] === BRACKET_OPEN) i = readRow(bytes, i, sink) + 1;
}

const COMPACT_HEAD = Buffer.from('{"type":"t",');
const LIST_HEAD = Buffer.from('"t":[');
const SNAPSHOT = Buffer.from('"s":1');

/** A live compact frame's ticks go to the sink; of anything else it answers false. */
export function readCompact(frame: Buffer, sink: TickSink): boolean {
  if (!frame.subarray(0, COMPACT_HEAD.length).equals(COMPACT_HEAD)) return false;
  const list = frame.indexOf(LIST_HEAD, COMPACT_HEAD.length);
  const head = frame.subarray(0, list);
  if (head.includes(SNAPSHOT)) return false;
  readRows(frame, list + LIST_HEAD.length - 1, sink);
  return true;
}

/** Reads the NATS protocol from a socket's frames, which may cut anything anywhere. */
export class NatsReader {
  /** Bytes of a message that is not all there yet. */
  #rest: Buffer = Buffer.alloc(0);
  readonly #onControl: (line: string) => void;

  /** `onControl` is told of each line that is no message: INFO, PING, PONG, +OK, -ERR. */
  constructor(onControl: (line: string) => void) {
    this.#onControl = onControl;
  }

  /** Answers how many messages the frame completed. */
  read(frame: Buffer, sink: TickSink): number {
    const bytes = this.#rest.length === 0 ? frame : Buffer.concat([this.#rest, frame]);
    let at = 0;
    let messages = 0;
    for (;;) {
      const next = this.#readOne(bytes, at, sink);
      if (next < 0) break;
      if (bytes[at] === 77) messages += 1;
      at = next;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
    return messages;
  }

  /** Reads what begins at `at`; answers where the next begins, or -1 when it is not all there. */
  #readOne(bytes: Buffer, at: number, sink: TickSink): number {
    const end = bytes.length;
    // "MSG <subject> <sid> <bytes>\r\n<payload>\r\n"
    if (bytes[at] === 77) {
      let i = at;
      let length = 0;
      for (; i < end && bytes[i] !== NEWLINE; i += 1) {
        const byte = bytes[i] ?? 0;
        if (byte === SPACE) length = 0;
        else if (byte >= DIGIT_0 && byte < DIGIT_0 + 10) length = length * 10 + byte - DIGIT_0;
      }
      const payload = i + 1;
      if (i >= end || payload + length + 2 > end) return -1;
      readRow(bytes, payload, sink);
      return payload + length + 2;
    }
    const newline = bytes.indexOf(NEWLINE, at);
    if (at >= end || newline < 0) return -1;
    this.#onControl(bytes.toString("latin1", at, newline).trimEnd());
    return newline + 1;
  }
}
