/** An algo's socket as a test sees it: raw frames of the plain stream, kept in the order they came. */
import { WebSocket } from "ws";
import {
  BEARER_SUBPROTOCOL_PREFIX,
  STREAM_SUBPROTOCOL,
  type StreamMessage,
} from "../../src/contract/stream.ts";

type Frame<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

export class StreamSocket {
  readonly frames: StreamMessage[] = [];
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as StreamMessage);
    });
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(request: object): void {
    this.#socket.send(JSON.stringify(request));
  }

  subscribe(instruments: string[]): void {
    this.send({ op: "subscribe", channel: "ticks", instruments });
  }

  of<Type extends StreamMessage["type"]>(type: Type): Frame<Type>[] {
    return this.frames.filter((frame): frame is Frame<Type> => frame.type === type);
  }

  /** Live ticks, snapshots left out, in the order they came. */
  ticks(): Frame<"ticks">["ticks"] {
    return this.of("ticks").flatMap((frame) => (frame.snapshot === true ? [] : frame.ticks));
  }

  /** Instruments of which at least one live tick came. */
  ticking(): Set<string> {
    return new Set(this.ticks().map((tick) => tick.instrument));
  }

  forget(): void {
    this.frames.length = 0;
  }

  close(): void {
    this.#socket.terminate();
  }
}

export function openStream(url: string, key: string): Promise<StreamSocket> {
  const protocols = [STREAM_SUBPROTOCOL, `${BEARER_SUBPROTOCOL_PREFIX}${key}`];
  const socket = new WebSocket(url, protocols);
  const stream = new StreamSocket(socket);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(stream));
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      reject(new Error(`the stream answered ${response.statusCode}`));
    });
  });
}

export interface SequenceFault {
  instrument: string;
  before: number;
  after: number;
}

/** Where an instrument's `seq` did not rise by one within an epoch, or did not rise at all. */
export function sequenceFaults(
  ticks: { instrument: string; epoch: number; seq: number; late: boolean }[],
): SequenceFault[] {
  const last = new Map<string, { epoch: number; seq: number }>();
  const faults: SequenceFault[] = [];
  for (const tick of ticks) {
    const before = last.get(tick.instrument);
    last.set(tick.instrument, tick);
    if (!before) continue;
    const right = tick.epoch === before.epoch ? tick.seq === before.seq + 1 : tick.seq > before.seq;
    if (!right) faults.push({ instrument: tick.instrument, before: before.seq, after: tick.seq });
  }
  return faults;
}
