/** A process of clients: opens real sockets, receives, counts and times what arrives, and reports it. */
import { WebSocket } from "ws";
import { BEARER_SUBPROTOCOL_PREFIX, STREAM_SUBPROTOCOL } from "../../src/contract/stream.ts";
import { answerMessages } from "../lib/child.ts";
import { Histogram } from "../lib/histogram.ts";
import type { ClientsMessage, ClientsReport, PhaseReport, ServerKind } from "./protocol.ts";
import { instrumentName } from "./rows.ts";
import { NatsReader, readCompact, readRow, type TickSink } from "./scan.ts";

/** Sockets that are being opened at a time. */
const OPENING_MAX = 50;
const POLL_MS = 20;

/** Once nothing came for this long, nothing more is expected. */
const QUIET_MS = 1_000;

class Phase {
  readonly #began = performance.now();
  readonly #latencies = new Histogram();
  deliveries = 0;
  frames = 0;
  lost = 0;
  doubled = 0;
  silenceMs = 0;
  durationMs = 0;

  add(latencyMs: number): void {
    this.deliveries += 1;
    this.#latencies.add(latencyMs);
  }

  end(): void {
    this.durationMs = performance.now() - this.#began;
  }

  report(): PhaseReport {
    const { deliveries, frames, lost, doubled, silenceMs, durationMs } = this;
    const latencies = this.#latencies.counts();
    return { deliveries, frames, lost, doubled, silenceMs, durationMs, latencies };
  }
}

const phases = new Map<string, Phase>();
let phase = new Phase();
let now = 0;
let lastAt = 0;
const clients: Client[] = [];

class Client implements TickSink {
  readonly #list: readonly number[];
  readonly #socket: WebSocket;
  /** Last volume of each alias. */
  #last: number[] = [];
  /** The feed's index of each alias. */
  readonly #index = new Map<number, number>();
  #tickAt = 0;
  gaps = 0;
  lagging = 0;
  isDropped = false;
  isFinished = false;
  readonly ready: Promise<void>;

  constructor(server: ServerKind, url: string, key: string | null, list: readonly number[]) {
    this.#list = list;
    const protocols = key ? [STREAM_SUBPROTOCOL, `${BEARER_SUBPROTOCOL_PREFIX}${key}`] : [];
    this.#socket = new WebSocket(url, protocols, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    this.#socket.on("close", () => {
      this.isDropped = !this.isFinished;
    });
    this.ready = new Promise((resolve, reject) => {
      this.#socket.on("error", reject);
      if (server === "trunkline") this.#speakTrunkline(resolve, reject);
      else if (server === "nats") this.#speakNats(resolve);
      else this.#speakHub(resolve);
    });
  }

  #speakTrunkline(resolve: () => void, reject: (reason: unknown) => void): void {
    const instruments = this.#list.map(instrumentName);
    this.#socket.on("open", () => {
      this.#socket.send(JSON.stringify({ op: "subscribe", channel: "ticks", instruments }));
    });
    this.#socket.on("message", (data: Buffer) => {
      this.#arrived();
      if (readCompact(data, this)) return this.#framed();
      const text = data.toString();
      const { type, aliases, on } = JSON.parse(text) as {
        type: string;
        aliases?: Record<string, number>;
        on?: boolean;
      };
      if (type === "subscribed") {
        for (const index of this.#list) {
          const alias = aliases?.[instrumentName(index)];
          if (alias !== undefined) this.#index.set(alias, index);
        }
        resolve();
      } else if (type === "error") reject(new Error(text));
      else if (type === "gap") this.gaps += 1;
      else if (type === "lagging" && on === true) this.lagging += 1;
    });
  }

  #speakNats(resolve: () => void): void {
    const socket = this.#socket;
    const reader = new NatsReader((line) => {
      if (line.startsWith("PING")) socket.send("PONG\r\n");
      // The answer to our own ping: everything before it has been read.
      else if (line.startsWith("PONG")) resolve();
      else if (line.startsWith("-ERR")) console.error(line);
    });
    socket.on("open", () => {
      const subscribe = this.#list.map((index) => `SUB b.${index} ${index + 1}\r\n`).join("");
      socket.send(`CONNECT {"verbose":false,"pedantic":false}\r\n${subscribe}PING\r\n`);
    });
    for (const index of this.#list) this.#index.set(index, index);
    socket.on("message", (data: Buffer) => {
      this.#arrived();
      if (reader.read(data, this) > 0) this.#framed();
    });
  }

  #speakHub(resolve: () => void): void {
    this.#socket.on("open", () => {
      this.#socket.send(JSON.stringify({ instruments: this.#list }));
    });
    for (const index of this.#list) this.#index.set(index, index);
    this.#socket.on("message", (data: Buffer) => {
      if (data[0] !== 91) return resolve();
      this.#arrived();
      readRow(data, 0, this);
      this.#framed();
    });
  }

  #arrived(): void {
    now = Date.now();
  }

  #framed(): void {
    phase.frames += 1;
    if (this.#tickAt > 0) phase.silenceMs = Math.max(phase.silenceMs, now - this.#tickAt);
    this.#tickAt = now;
    lastAt = now;
  }

  tick(alias: number, volume: number, time: number): void {
    const before = this.#last[alias];
    phase.add(now - time);
    if (before !== undefined) {
      if (volume <= before) {
        phase.doubled += 1;
        return;
      }
      phase.lost += volume - before - 1;
    }
    this.#last[alias] = volume;
  }

  /** Ticks that the feed has made and that did not come, after the first one that did. */
  missing(volumes: readonly number[]): number {
    let sum = 0;
    for (const [alias, index] of this.#index) {
      const last = this.#last[alias];
      if (last !== undefined) sum += Math.max(0, (volumes[index] ?? 0) - last);
    }
    return sum;
  }

  close(): void {
    this.isFinished = true;
    this.#socket.terminate();
  }
}

async function open({ server, url, keys, lists }: Extract<ClientsMessage, { op: "open" }>) {
  for (let first = 0; first < lists.length; first += OPENING_MAX) {
    const some = lists.slice(first, first + OPENING_MAX).map((list, index) => {
      const key = keys[(first + index) % keys.length] ?? null;
      return new Client(server, url, key, list);
    });
    clients.push(...some);
    await Promise.all(some.map((client) => client.ready));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function finish(volumes: number[], boundMs: number): Promise<ClientsReport> {
  phase.end();
  const deadline = performance.now() + boundMs;
  const missing = (): number => clients.reduce((sum, client) => sum + client.missing(volumes), 0);
  while (missing() > 0 && performance.now() < deadline && Date.now() - lastAt < QUIET_MS)
    await pause(POLL_MS);
  const report = {
    phases: Object.fromEntries([...phases].map(([name, each]) => [name, each.report()])),
    missing: missing(),
    gaps: clients.reduce((sum, { gaps }) => sum + gaps, 0),
    lagging: clients.reduce((sum, { lagging }) => sum + lagging, 0),
    dropped: clients.filter(({ isDropped }) => isDropped).length,
  };
  for (const client of clients) client.close();
  return report;
}

answerMessages((message: ClientsMessage) => {
  if (message.op === "open") return open(message);
  if (message.op === "finish") return finish(message.volumes, message.boundMs);
  phase.end();
  phase = new Phase();
  phases.set(message.name, phase);
  return null;
});
