/** A shard's way to a broker that is played by hand: its sockets, its real judge of ticks, and all that it is told. */
import { vi } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import type { LineGroup } from "../../../durable-objects/feed-shard.held.ts";
import { Upstream } from "../../../durable-objects/feed-shard.upstream.ts";
import { HeldSession } from "../../../src/application/held-session.ts";
import type { BrokerFeed, FeedMessage } from "../../../src/brokers/broker.ts";
import { PAPER_RULES } from "../../../src/brokers/paper/rules.ts";
import { ok } from "../../../src/domain/result.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";
import { BrokerSocket } from "./broker-socket.ts";

export const ID = "X:A";

export class PlayedSocket extends BrokerSocket {
  /** The nth to the mth update of the instrument. */
  ticks(from: number, to = from): void {
    const updates = Array.from({ length: to - from + 1 }, (_, at) => update(from + at));
    this.bring({ kind: "updates", updates });
  }
  confirm(): void {
    this.bring({ kind: "subscribed", instruments: [ID] });
  }
}

const START = 1_790_000_000_000;

/** The nth update: its volume tells it apart, three share a millisecond. */
const update = (n: number): MarketUpdate => ({
  instrument: ID,
  last: 100,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: START + Math.floor(n / 3),
});

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const LIMITS = { subscribeMessagesPerSecond: 20 } as never;

/** With one instrument that ticks over the first socket; timers must be faked. */
export async function playedBroker() {
  vi.setSystemTime(START);
  const sockets: PlayedSocket[] = [];
  const told: string[] = [];
  const refused: number[] = [];
  const feed: BrokerFeed = {
    rules: PAPER_RULES,
    open: async () => {
      const socket = new PlayedSocket();
      sockets.push(socket);
      return socket;
    },
    formatSubscribe: (instruments) => [`subscribe ${instruments.join()}`],
    formatUnsubscribe: () => [],
    parse: (text) => ok(JSON.parse(text as string) as FeedMessage),
  };
  const session = new HeldSession({
    owner: {
      session: async () => ({ kind: "none", reason: "not asked" }),
      sessionRefused: async (generation) => void refused.push(generation),
    },
    now: () => Date.now(),
    log: () => {},
  });
  const book = new TickBook("x", (held) => (held.isLive = true));
  const group: LineGroup = { instruments: new Set([ID]), lines: [] };
  let epoch = 0;
  const upstream: Upstream = new Upstream(
    feed,
    session,
    {
      held: book.held,
      grant: async () => ({ epoch: (epoch += 1), waitMs: 0, limits: LIMITS }),
      learn: async () => LIMITS,
      opened: (number) => {
        book.openEpoch(number);
        told.push(`opened ${number}`);
      },
      message: (message, now) => {
        if (message.kind === "updates") for (const one of message.updates) book.take(one, now);
        else if (message.kind === "subscribed") upstream.line.answers.take(message, now);
      },
      dueSince: () => 0,
      lost: (reason, now) => {
        book.lose(upstream.line.connection.dataAt ?? now);
        told.push(`lost: ${reason}`);
      },
      confirmed: (instruments) => {
        if (instruments.length > 0) told.push(`confirmed ${instruments.join()}`);
        for (const id of instruments) Object.assign(book.held.get(id) ?? {}, { isLive: true });
      },
      alarmed: (instruments) => {
        if (instruments.length > 0) told.push(`alarmed ${instruments.join()}`);
      },
      goOn: (number, standby) => {
        for (const { instrument } of standby.giveUp(Date.now()))
          told.push(`given up ${instrument}`);
        book.openEpoch(number);
        book.goOn(standby);
        told.push(`gone on ${number}`);
      },
    },
    () => {},
  );
  const entry = { instrument: ID, mode: "quote", consumers: [], standby: false } as const;
  book.assign([{ ...entry, consumers: [], handOver: null }], [], 0);
  for (const held of book.held.values()) held.groups = [group];
  const learn = (generation: number) => {
    const token = { generation, token: `t${generation}`, expiresAt: null };
    upstream.learnSession({ kind: "token", token });
  };
  /** A second as a shard has it: half of it passes, and it looks after its lines. */
  const second = async () => {
    await pass(500);
    upstream.beat(Date.now());
    await pass(500);
  };
  /** The volumes of all ticks that consumers have got since this was last asked. */
  const delivered = () => group.lines.splice(0).map((line) => Number(line.split(",")[7]));
  const socket = (at: number): PlayedSocket => {
    const one = sockets[at];
    if (!one) throw new Error(`socket ${at} was never opened`);
    return one;
  };

  learn(1);
  upstream.want(new Map([[ID, "quote"]]), Date.now());
  upstream.ensure(Date.now());
  await pass(0);
  socket(0).confirm();
  socket(0).ticks(1, 3);
  told.length = 0;
  return { upstream, socket, sockets, told, refused, learn, second, delivered };
}
