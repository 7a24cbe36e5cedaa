/** One consumer of a shard, a market or the ledger: the state of its socket, and what is said on it. */
import type { Log } from "../src/application/log.ts";
import type { ConsumerId } from "../src/application/ports.ts";
import { AGAIN_LINE, type LinkGap, type LinkStatus } from "../src/contract/link.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { FeedMode, Mark } from "../src/domain/tick.ts";
import { market, riskLedger } from "../src/platform/objects.ts";
import { type HeldInstrument, type LineGroup, type MarkGroup } from "./feed-shard.held.ts";

/** Longer than any healthy market takes to read what was sent. */
const SETTLE_BOUND_MS = 1_000;

export interface Consumer {
  id: ConsumerId;
  instruments: ReadonlyMap<InstrumentId, FeedMode>;
  socket: WebSocket | null;
  isDialling: boolean;
  attempt: number;
  retry: number | null;
  /** Instruments whose alias this socket has been told. */
  known: Set<InstrumentId>;
  /** Of those, the ones that another shard delivered then: how they stand here is told once this one does. */
  unsaid: Set<InstrumentId>;
  /** Since when its socket is broken, ms since 1970; null before the first one and while it is open. */
  brokenAt: number | null;
  /** What was let go while it is broken, and when: that some of it was lost on the link is still to be told. */
  owed: Map<InstrumentId, number>;
}

/** Consumers that share their frames. */
export interface Group extends LineGroup {
  consumers: Consumer[];
}

/** A consumer that only gets marks. */
export interface Marks extends MarkGroup {
  consumer: Consumer;
}

/** What the links of a shard need of the rest of it. */
export interface LinkHost {
  /** Opens the socket of one consumer; throws when it cannot be opened. */
  dial(consumer: ConsumerId): Promise<WebSocket>;
  /** Listens to what a consumer says on its socket. */
  listen(socket: WebSocket): void;
  /** A link was opened or lost. */
  changed(): void;
  /** How the broker's connection is, for a market that comes new. */
  feedState(): Pick<LinkStatus, "state" | "message">;
  provider: string;
  log: Log;
}

/** Resolves once the other side has sent `marker` back, or after a bound. */
export function answerTo(socket: WebSocket, marker: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      socket.removeEventListener("message", read);
      resolve();
    };
    const read = ({ data }: MessageEvent) => {
      if (data === marker) done();
    };
    const timer = setTimeout(done, SETTLE_BOUND_MS);
    socket.addEventListener("message", read);
    socket.send(marker);
  });
}

/** A market that was evicted knows of what it was told the names alone: it asks to be told again. */
export function onAskedAgain(consumer: Consumer, socket: WebSocket, introduce: () => void): void {
  socket.addEventListener("message", ({ data }) => {
    if (data !== AGAIN_LINE || consumer.socket !== socket) return;
    consumer.known.clear();
    introduce();
  });
}

export const newConsumer = (id: ConsumerId): Consumer => ({
  id,
  instruments: new Map(),
  socket: null,
  isDialling: false,
  attempt: 0,
  retry: null,
  known: new Set(),
  unsaid: new Set(),
  brokenAt: null,
  owed: new Map(),
});

/** The same for consumers with the same list in the same modes. */
export const groupKey = ({ instruments }: Consumer): string =>
  [...instruments.keys()]
    .sort()
    .map((id) => `${id} ${instruments.get(id)}`)
    .join(",");

/** One gap for all that were lost at the same time. */
export function gapsOf(held: readonly HeldInstrument[], to: number, reason: string): LinkGap[] {
  const gaps: LinkGap[] = [];
  for (const [from, members] of Map.groupBy(held, ({ lostAt }) => lostAt)) {
    const instruments = members.map(({ instrument }) => instrument);
    if (from !== null) gaps.push({ instruments, from, to, reason });
  }
  return gaps;
}

/** What is written and not yet sent, and what is sent and not yet read. */
export function waitingIn(
  groups: readonly { lines: readonly string[] }[],
  consumers: Iterable<Consumer>,
): { ticks: number; bytes: number } {
  let bytes = 0;
  for (const { socket } of consumers) bytes += bufferedBytes(socket);
  return { ticks: groups.reduce((sum, { lines }) => sum + lines.length, 0), bytes };
}

/** Runtimes before November 2026 do not tell. */
const bufferedBytes = (socket: { bufferedAmount?: number } | null): number =>
  socket?.bufferedAmount ?? 0;

/** The price is the last trade, else the middle of the book; without either there is no mark. */
export function markOf(held: HeldInstrument, provider: string): Mark[] {
  if (!held.delivered) return [];
  const { instrument, last, bid, ask } = held.delivered;
  const price = last ?? (bid !== null && ask !== null ? (bid + ask) / 2 : null);
  if (price === null) return [];
  const { at, isHeard } = held.cadence;
  const isDoubtful = held.isStale || at === null || !isHeard;
  const time = at ?? held.receivedTime;
  const hours = held.calendar !== null && { calendar: held.calendar };
  return [
    { instrument, price, bid, ask, time, provider, ...(isDoubtful && { stale: true }), ...hours },
  ];
}

export const liveStatus = (instruments: InstrumentId[]): LinkStatus => ({
  subject: "instrument",
  state: "live",
  instruments,
  message: "confirmed by the broker",
});

export const alarmStatus = (instruments: InstrumentId[], message: string): LinkStatus => ({
  subject: "instrument",
  state: "alarm",
  instruments,
  message,
});

/** Opens the socket of one consumer; throws when it is refused. */
export async function dialConsumer(
  env: Env,
  shard: string,
  consumer: ConsumerId,
): Promise<WebSocket> {
  const colon = consumer.indexOf(":");
  const name = consumer.slice(colon + 1);
  const isMarket = consumer.slice(0, colon) === "market";
  const target = isMarket ? market(env, name) : riskLedger(env, name);
  const [provider = ""] = shard.split(":");
  const query = new URLSearchParams({ shard, provider }).toString();
  const path = isMarket ? "link" : "marks";
  const response = await target.fetch(`https://object/${path}?${query}`, {
    headers: { Upgrade: "websocket" },
  });
  if (response.webSocket) return response.webSocket;
  throw new Error(`${consumer} refused the ${path} with ${response.status}`);
}
