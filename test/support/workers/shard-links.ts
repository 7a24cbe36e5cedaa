/** The links of a shard to its markets and the ledger, with sockets that keep what was sent on them. */
import { vi } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import { Links } from "../../../durable-objects/feed-shard.links.ts";
import type { ConsumerId } from "../../../src/application/ports.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";

/** The end of a link: what was sent on it, and what the market does. */
class FakeSocket extends EventTarget {
  readonly sent: string[] = [];
  accept(): void {}
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {}
  answer(text: string): void {
    this.dispatchEvent(new MessageEvent("message", { data: text }));
  }
  drop(): void {
    this.dispatchEvent(new Event("close"));
  }
}

export const update = (
  instrument: string,
  n: number,
  more: Partial<MarketUpdate> = {},
): MarketUpdate => ({
  instrument,
  last: 1_000 + n,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: n,
  ...more,
});

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

interface SetUp {
  isStandby?: boolean;
  feed?: "connected" | "disconnected";
}

export async function heldLinks(
  interest: [ConsumerId, string[]][],
  { isStandby = false, feed = "connected" }: SetUp = {},
) {
  const sockets = new Map<ConsumerId, FakeSocket[]>();
  let isUnreachable = false;
  const book = new TickBook("x", (held) => {
    held.isLive = true;
  });
  const instruments = [...new Set(interest.flatMap(([, list]) => list))];
  const handOver = isStandby ? null : { epoch: 1, after: null };
  const entry = { mode: "quote", consumers: [], standby: isStandby, handOver } as const;
  book.openEpoch(1);
  book.assign(
    instruments.map((instrument) => ({ ...entry, consumers: [], instrument })),
    [],
    0,
  );
  const links = new Links(book, {
    dial: async (consumer) => {
      if (isUnreachable) throw new Error("the market does not answer");
      const socket = new FakeSocket();
      sockets.set(consumer, [...(sockets.get(consumer) ?? []), socket]);
      return socket as unknown as WebSocket;
    },
    listen: () => {},
    changed: () => {},
    feedState: () => ({ state: feed, message: "open" }),
    provider: "x",
    log: () => {},
  });
  links.set(
    new Map(interest.map(([id, list]) => [id, new Map(list.map((one) => [one, "quote"]))])),
  );
  await pass(100);
  const sent = (consumer: ConsumerId) => sockets.get(consumer)?.at(-1)?.sent ?? [];
  const forget = () => {
    for (const list of sockets.values()) for (const socket of list) socket.sent.length = 0;
  };
  const tick = (...updates: MarketUpdate[]) => {
    for (const one of updates) book.take(one, Date.now());
    links.flushSoon(Date.now());
  };
  const breakLinks = () => {
    isUnreachable = true;
    for (const list of sockets.values()) list.at(-1)?.drop();
  };
  const heal = () => (isUnreachable = false);
  return { book, links, sockets, sent, forget, tick, breakLinks, heal };
}
