/** A shard whose session is renewed while the line of the one before lags, on a broker played by hand. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import { Upstream } from "../../durable-objects/feed-shard.upstream.ts";
import { HeldSession } from "../../src/application/held-session.ts";
import type { BrokerFeed, FeedMessage } from "../../src/brokers/broker.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { ok } from "../../src/domain/result.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";
import { BrokerSocket } from "../support/workers/broker-socket.ts";

const LAGGING = "X:LAGGING";
const PROMPT = "X:PROMPT";
const CHANGE_OVER_MS = 5_000;
const BEAT_STEPS = 10;
const STEP_MS = 100;
const START = 1_700_000_000_000;

/** The nth update of an instrument: its volume tells it apart. */
const update = (instrument: string, n: number): MarketUpdate => ({
  instrument,
  last: 100 + (n % 7),
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: START + n * STEP_MS,
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({
    now: START,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});

afterEach(() => void vi.useRealTimers());

/** A shard's way to a broker with two instruments, of which the first line brings one late. */
async function changeOver(lagSteps: number) {
  const instruments = [LAGGING, PROMPT];
  const sockets: BrokerSocket[] = [];
  const book = new TickBook("x", (held) => (held.isLive = true));
  const mode = "quote";
  book.assign(
    instruments.map((instrument) => ({
      instrument,
      mode,
      consumers: [],
      standby: false,
      handOver: null,
    })),
    [],
    0,
  );
  const group = { instruments: new Set(instruments), lines: [] as string[] };
  for (const held of book.held.values()) held.groups = [group];
  const feed: BrokerFeed = {
    rules: { ...PAPER_RULES, changeOverMs: CHANGE_OVER_MS },
    open: async () => {
      const socket = new BrokerSocket();
      sockets.push(socket);
      return socket;
    },
    formatSubscribe: () => ["subscribe"],
    formatUnsubscribe: () => [],
    parse: (text) => ok(JSON.parse(text as string) as FeedMessage),
  };
  const owner = {
    session: async () => ({ kind: "none", reason: "not asked" }) as const,
    sessionRefused: async () => {},
  };
  const session = new HeldSession({ owner, now: () => Date.now(), log: () => {} });
  let epoch = 0;
  const limits = { subscribeMessagesPerSecond: 20 } as never;
  const lost: unknown[] = [];
  const upstream: Upstream = new Upstream(
    feed,
    session,
    {
      held: book.held,
      grant: async () => ({ epoch: (epoch += 1), waitMs: 0, limits }),
      learn: async () => limits,
      opened: (number) => book.openEpoch(number),
      message: (message, now) => {
        if (message.kind === "updates") for (const one of message.updates) book.take(one, now);
        if (message.kind === "subscribed") upstream.line.answers.take(message, now);
      },
      dueSince: () => 0,
      lost: (reason) => void lost.push(reason),
      confirmed: (ids) => {
        for (const id of ids) Object.assign(book.held.get(id) ?? {}, { isLive: true });
      },
      alarmed: () => {},
      goOn: (number, standby) => {
        for (const { instrument, lostAt } of standby.giveUp(Date.now()))
          lost.push([instrument, lostAt, Date.now()]);
        book.openEpoch(number);
        book.goOn(standby);
      },
    },
    () => {},
  );
  const learn = (generation: number) =>
    upstream.learnSession({
      kind: "token",
      token: { generation, token: `t${generation}`, expiresAt: null },
    });
  const confirmed: FeedMessage = { kind: "subscribed", instruments };
  learn(1);
  upstream.want(new Map(instruments.map((id) => [id, mode])), Date.now());
  upstream.ensure(Date.now());
  await pass(0);
  sockets[0]?.bring(confirmed);
  let n = 0;
  const run = async (steps: number) => {
    for (const end = n + steps; n < end;) {
      n += 1;
      const both = [update(LAGGING, n), update(PROMPT, n)];
      const late = n > lagSteps ? [update(LAGGING, n - lagSteps)] : [];
      const first = [...late, update(PROMPT, n)];
      sockets[0]?.bring({ kind: "updates", updates: first });
      sockets[1]?.bring({ kind: "updates", updates: both });
      await pass(STEP_MS);
      if (n % BEAT_STEPS === 0) upstream.beat(Date.now());
    }
  };
  await run(100);
  learn(2);
  await pass(0);
  sockets[1]?.bring(confirmed);
  await run(80);
  expect(sockets.map(({ readyState }) => readyState)).toEqual([3, 1]);
  const missing = (instrument: string): number[] => {
    const { alias } = book.held.get(instrument) ?? {};
    const own = group.lines.filter((line) => line.startsWith(`${alias},`));
    const told = new Set(own.map((line) => Number(line.split(",")[7])));
    return Array.from({ length: n }, (_, at) => at + 1).filter((one) => !told.has(one));
  };
  return { lost, missing };
}

test("a line that lags behind the one that takes over is listened to until it has brought the rest", async () => {
  const { lost, missing } = await changeOver(30);
  expect(lost).toEqual([]);
  expect([missing(LAGGING), missing(PROMPT)]).toEqual([[], []]);
});

test("what a line lags behind with for too long is lost, and is told as a gap of that instrument alone", async () => {
  const { lost, missing } = await changeOver(90);
  const last = Math.min(...missing(LAGGING)) - 1;
  // From when the exchange saw the last one told, until the other line took over: before the broker's end.
  const [told] = lost as [string, number, number][];
  expect(lost).toEqual([[LAGGING, START + last * STEP_MS, expect.any(Number)]]);
  expect(told?.[2]).toBeLessThan(START + 100 * STEP_MS + CHANGE_OVER_MS);
  expect(missing(LAGGING).length).toBeGreaterThan(0);
  expect(missing(PROMPT)).toEqual([]);
});
