/** An algo's socket inside workerd: every frame it got, in the order it came. */
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { type Caller, CALLER_HEADER } from "../../../src/application/caller.ts";
import type { StreamMessage } from "../../../src/contract/stream.ts";

export type Frame<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

type Tick = Frame<"ticks">["ticks"][number];

export const development: Caller = {
  kind: "development",
  id: "dev",
  algoId: null,
  scopes: ["read", "trade", "admin"],
};

export const until = (check: () => unknown, timeout = 10_000) =>
  vi.waitUntil(check, { timeout, interval: 10 });

export class Algo {
  readonly frames: StreamMessage[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(data as string) as StreamMessage);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
  }

  send(request: unknown): void {
    this.socket.send(typeof request === "string" ? request : JSON.stringify(request));
  }

  of<Type extends StreamMessage["type"]>(type: Type): Frame<Type>[] {
    return this.frames.filter((frame): frame is Frame<Type> => frame.type === type);
  }

  /** Live ticks, snapshots left out, in the order they came. */
  ticks(): Tick[] {
    return this.of("ticks").flatMap((frame) => (frame.snapshot === true ? [] : frame.ticks));
  }

  ticking(): Set<string> {
    return new Set(this.ticks().map(({ instrument }) => instrument));
  }

  /** Sends a request and waits for the answer that carries its id. */
  async ask(request: Record<string, unknown>): Promise<StreamMessage> {
    asked += 1;
    const requestId = `r${asked}`;
    this.send({ ...request, requestId });
    const answer = () =>
      this.frames.find((frame) => "requestId" in frame && frame.requestId === requestId);
    await until(answer);
    const frame = answer();
    if (!frame) throw new Error("no answer");
    return frame;
  }

  subscribe(instruments: string[], more: Record<string, unknown> = {}): Promise<StreamMessage> {
    return this.ask({ op: "subscribe", channel: "ticks", instruments, ...more });
  }

  unsubscribe(instruments: string[]): Promise<StreamMessage> {
    return this.ask({ op: "unsubscribe", channel: "ticks", instruments });
  }

  async close(): Promise<void> {
    this.socket.close(1000, "done");
    await until(() => this.closed);
  }
}

let asked = 0;

/** The raw socket, not yet accepted: nothing is read from it before that. */
export async function dialMarket(
  query = "",
  caller: Caller = development,
  name = "m1",
): Promise<WebSocket> {
  const response = await env.MARKET.getByName(name).fetch(`https://object/stream${query}`, {
    headers: { Upgrade: "websocket", [CALLER_HEADER]: JSON.stringify(caller) },
  });
  if (!response.webSocket) {
    // A body that nobody reads would hold the object.
    await response.text();
    throw new Error(`refused with ${response.status}`);
  }
  return response.webSocket;
}

export async function openAlgo(
  query = "",
  caller: Caller = development,
  name = "m1",
): Promise<Algo> {
  const socket = await dialMarket(query, caller, name);
  const algo = new Algo(socket);
  socket.accept();
  await until(() => algo.of("welcome").length === 1);
  return algo;
}

/**
 * Ticks of one instrument that are missing or come twice: within an epoch `seq` goes up by one, and a
 * later epoch's is higher.
 */
export function tickFaults(ticks: Tick[]): string[] {
  const last = new Map<string, Tick>();
  return ticks.flatMap((tick) => {
    const before = last.get(tick.instrument);
    last.set(tick.instrument, tick);
    if (!before) return [];
    const isRight =
      tick.epoch === before.epoch ? tick.seq === before.seq + 1 : tick.seq > before.seq;
    return isRight ? [] : [`${tick.instrument}: ${before.seq} then ${tick.seq}`];
  });
}

/** Steps of the frames' own numbers that the contract does not allow. */
export function frameFaults(frames: StreamMessage[]): string[] {
  let base: { epoch: number; seq: number } | null = null;
  const faults: string[] = [];
  for (const frame of frames) {
    if (!("seq" in frame) || !("epoch" in frame)) continue;
    const { epoch, seq } = frame;
    const isTicks = frame.type === "ticks" || frame.type === "t";
    if (isTicks && base) {
      const isSnapshot = frame.type === "ticks" ? frame.snapshot === true : frame.s === 1;
      const expected: number = (epoch > base.epoch ? 0 : base.seq) + (isSnapshot ? 0 : 1);
      if (seq !== expected || epoch < base.epoch)
        faults.push(`${base.epoch}/${base.seq} then ${epoch}/${seq}`);
    }
    base = { epoch, seq };
  }
  return faults;
}
