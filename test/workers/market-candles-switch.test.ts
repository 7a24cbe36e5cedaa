/** A switch of provider while a subscribe to bars waits for history. */
import { expect, test, vi } from "vitest";
import { CandleFeed, type CandleFeedHost } from "../../durable-objects/market.candles.ts";
import type { AlgoSocket } from "../../durable-objects/market.socket.ts";
import { HistoryTurns } from "../../durable-objects/market.turns.ts";
import type { BrokerManagerPort } from "../../src/application/ports.ts";
import type { StreamMessage } from "../../src/contract/stream.ts";
import { candleStart } from "../../src/domain/candle.ts";
import type { CandlePart } from "../../src/domain/candle-builder.ts";
import { ok } from "../../src/domain/result.ts";

const I = "NSE:INFY";

type Base = Awaited<ReturnType<BrokerManagerPort["candleBase"]>>;

test("of a minute whose history was asked of the provider before the switch no trade counts twice", async () => {
  const minute = candleStart(Date.now(), "1m");
  const prices = { time: minute, open: 1, high: 1, low: 1, close: 1, volume: 10 };
  /** The same trades, as one provider's shard saw them. */
  const part = (epoch: number): CandlePart => ({
    ...prices,
    epoch,
    firstTime: minute,
    firstSeq: epoch * 10,
    lastTime: minute + 1,
    lastSeq: epoch * 10 + 1,
    amendedAt: 0,
  });
  const active = { provider: "first" };
  const asked: ((base: Base) => void)[] = [];
  const candleBase = () => new Promise<Base>((resolve) => asked.push(resolve));
  const host = {
    interest: { acquire: async () => ok(new Map([[I, "live"]])) },
    providers: { of: () => active.provider },
    storage: { saveCandles: () => {} },
    keys: { tooMany: () => null },
    turns: new HistoryTurns(),
    know: async () => ok(null),
    wantsChanged: () => {},
    manager: () => ({ candleBase }) as unknown as BrokerManagerPort,
    log: () => {},
  } as unknown as CandleFeedHost;
  const feed = new CandleFeed(host);
  const sent: StreamMessage[] = [];
  const algo = {
    id: "s",
    candles: new Map(),
    position: {},
    send: (message: StreamMessage) => void sent.push(message),
  };
  const subscribed = feed.subscribe(algo as unknown as AlgoSocket, {
    op: "subscribe",
    channel: "candles",
    instruments: [I],
    interval: "1m",
  });
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  active.provider = "second";
  asked[0]?.(ok({ bars: [{ ...prices, mark: null }], live: [part(3)] }));
  await subscribed;
  feed.take({ instrument: I, provider: "second", unit: "1m", until: minute, parts: [part(7)] });
  const bars = sent.flatMap((message) => (message.type === "candle" ? message : []));
  expect(bars.map(({ provider }) => provider)).toEqual(["first", "second"]);
  expect(bars.at(-1)?.candle).toMatchObject({ volume: 10 });
});
