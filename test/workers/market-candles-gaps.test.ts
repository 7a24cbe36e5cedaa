/** Gaps that are filled while history is being read: each is read, and none makes another forgotten. */
import { expect, test, vi } from "vitest";
import { CandleFeed, type CandleFeedHost } from "../../durable-objects/market.candles.ts";
import type { AlgoSocket } from "../../durable-objects/market.socket.ts";
import { HistoryTurns } from "../../durable-objects/market.turns.ts";
import type { BrokerManagerPort } from "../../src/application/ports.ts";
import type { LinkGap } from "../../src/contract/link.ts";
import type { CandleGap } from "../../src/domain/candle-join.ts";
import { ok } from "../../src/domain/result.ts";

const INFY = "NSE:INFY";

/** A market with one series of bars of one algo, and a manager that answers when the test lets it. */
async function setUp() {
  const asked: CandleGap[] = [];
  const answers: (() => void)[] = [];
  const candleBase = ({ gap }: { gap?: CandleGap }) => {
    if (!gap) return Promise.resolve(ok({ bars: [], live: [] }));
    asked.push(gap);
    return new Promise((resolve) => answers.push(() => resolve(ok({ bars: [], live: [] }))));
  };
  const host = {
    interest: { acquire: async () => ok(new Map([[INFY, "live"]])) },
    providers: { of: () => "paper" },
    storage: { saveCandles: () => {} },
    keys: { tooMany: () => null },
    turns: new HistoryTurns(),
    know: async () => ok(null),
    wantsChanged: () => {},
    manager: () => ({ candleBase }) as unknown as BrokerManagerPort,
    log: () => {},
  } as unknown as CandleFeedHost;
  const feed = new CandleFeed(host);
  const algo = { id: "s", candles: new Map(), position: {}, send: () => {} };
  await feed.subscribe(algo as unknown as AlgoSocket, {
    op: "subscribe",
    channel: "candles",
    instruments: [INFY],
    interval: "1m",
  });
  return { feed, asked, answers };
}

const filled = (from: number, to: number): LinkGap => ({
  instruments: [INFY],
  from,
  to,
  reason: "the broker's connection was down",
  filled: true,
});

test("a gap that is filled while history is read for another is read after it", async () => {
  const { feed, asked, answers } = await setUp();
  feed.gap(filled(1_000, 2_000));
  feed.gap(filled(400_000, 410_000));
  expect(asked).toEqual([{ from: 1_000, to: 2_000 }]);
  answers[0]?.();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]).toEqual({ from: 400_000, to: 410_000 });
  answers[1]?.();
  await scheduler.wait(0);
  // Nothing waits any more: the next one is asked for at once.
  feed.gap(filled(800_000, 810_000));
  expect(asked).toHaveLength(3);
});
