/** A load process: opens real sockets, receives, counts and times what arrives, and reports it. */
import { WebSocket } from "ws";
import { BEARER_SUBPROTOCOL_PREFIX, STREAM_SUBPROTOCOL } from "../../src/contract/stream.ts";
import { Histogram } from "../lib/histogram.ts";
import type { HubTick, LoadReport, LoadRequest } from "./protocol.ts";

/** A server that takes longer to answer the subscriptions is not measured at all. */
const OPEN_TIMEOUT_MS = 20_000;

function fail(reason: unknown): never {
  console.error(reason);
  process.exit(1);
}

/** Columns of a compact row, as the stream's contract lists them. */
const COMPACT = { alias: 0, exchangeTime: 8, receivedTime: 9, epoch: 10, seq: 11 } as const;

interface Seen {
  instrument: number | string;
  time: number;
  epoch: number;
  seq: number;
}

type Frame = { type?: string; snapshot?: boolean; s?: number; t?: number[][]; ticks?: HubTick[] };

/** The ticks of one message; none for control frames and snapshots. */
function ticksOf(request: LoadRequest, text: string): Seen[] {
  const frame = JSON.parse(text) as Frame & HubTick;
  if (request.format === "hub") {
    if (frame.type !== undefined) return [];
    return [{ ...frame, time: frame.exchangeTime }];
  }
  if (frame.type === "t" && frame.s !== 1) {
    return (frame.t ?? []).map((row) => ({
      instrument: row[COMPACT.alias] ?? -1,
      time: row[COMPACT.exchangeTime] ?? row[COMPACT.receivedTime] ?? Number.NaN,
      epoch: row[COMPACT.epoch] ?? 0,
      seq: row[COMPACT.seq] ?? 0,
    }));
  }
  if (frame.type === "ticks" && frame.snapshot !== true) {
    return (frame.ticks ?? []).map((tick) => ({
      ...tick,
      time: tick.exchangeTime ?? tick.receivedTime,
    }));
  }
  return [];
}

class Load {
  readonly #request: LoadRequest;
  readonly #latencies = new Histogram();
  readonly #sockets: WebSocket[] = [];
  #measuring = false;
  #deliveries = 0;
  #frames = 0;
  #lost = 0;
  #dropped = 0;

  constructor(request: LoadRequest) {
    this.#request = request;
  }

  async run(): Promise<LoadReport> {
    const { sockets, warmUpMs, measureMs } = this.#request;
    const opening = setTimeout(
      () => fail("its sockets were not all subscribed in time"),
      OPEN_TIMEOUT_MS,
    );
    await Promise.all(Array.from({ length: sockets }, () => this.#open()));
    clearTimeout(opening);
    await pause(warmUpMs);
    const began = performance.now();
    this.#measuring = true;
    await pause(measureMs);
    this.#measuring = false;
    const measuredMs = performance.now() - began;
    for (const socket of this.#sockets) socket.terminate();
    return {
      deliveries: this.#deliveries,
      frames: this.#frames,
      lost: this.#lost,
      dropped: this.#dropped,
      measuredMs,
      latencies: this.#latencies.counts(),
    };
  }

  /** Resolves when the socket's subscription is answered. */
  #open(): Promise<void> {
    const { url, key, instruments } = this.#request;
    const protocols = key ? [STREAM_SUBPROTOCOL, `${BEARER_SUBPROTOCOL_PREFIX}${key}`] : [];
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    const last = new Map<number | string, Seen>();
    this.#sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.on("open", () => {
        socket.send(JSON.stringify({ op: "subscribe", channel: "ticks", instruments }));
      });
      socket.on("message", (data) => {
        const text = (data as Buffer).toString();
        if (text.startsWith('{"type":"subscribed"')) resolve();
        if (text.startsWith('{"type":"error"')) reject(new Error(text));
        this.#receive(text, last);
      });
      socket.on("close", () => {
        if (this.#measuring) this.#dropped += 1;
      });
      socket.on("error", reject);
    });
  }

  #receive(text: string, last: Map<number | string, Seen>): void {
    const ticks = ticksOf(this.#request, text);
    const now = Date.now();
    if (this.#measuring && ticks.length > 0) this.#frames += 1;
    for (const tick of ticks) {
      const before = last.get(tick.instrument);
      last.set(tick.instrument, tick);
      if (!this.#measuring) continue;
      this.#deliveries += 1;
      this.#latencies.add(now - tick.time);
      if (before?.epoch === tick.epoch) this.#lost += Math.max(0, tick.seq - before.seq - 1);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

process.once("message", (request: LoadRequest) => {
  new Load(request).run().then((report) => process.send?.(report, () => process.exit(0)), fail);
});
