/** A market that does not know what its algos have seen: how the numbers of an instrument go on after a switch. */
import { expect, onTestFinished, test, vi } from "vitest";
import { Board } from "../../durable-objects/market.board.ts";
import { fetchLast } from "../../durable-objects/market.history.ts";
import { ProviderEpochs } from "../../durable-objects/market-manager.epochs.ts";
import type { ProviderStorage } from "../../durable-objects/market-manager.provider-storage.ts";
import { UNAVAILABLE } from "../../durable-objects/market.interest.ts";
import { MarketProviders } from "../../durable-objects/market.providers.ts";
import { Requests, type RequestsHost } from "../../durable-objects/market.requests.ts";
import type { MarketStorage } from "../../durable-objects/market.storage.ts";
import type { BrokerManagerPort } from "../../src/application/ports.ts";
import { err } from "../../src/domain/result.ts";
import { tickSeqBase } from "../../src/domain/tick.ts";
import { setUp as setUpSockets } from "../support/market-sockets.ts";

const INFY = "NSE:INFY";

/** What a market stores of its instruments. */
function storageOf(): MarketStorage {
  const known = new Map<string, { instrument: string; alias: number; provider: string }>();
  const switches = new Map<string, { instrument: string; term: number; above: number }>();
  const storage: Pick<MarketStorage, "switches" | "instruments" | "know" | "saveSwitch"> = {
    switches: () => [...switches.values()],
    instruments: () => [...known.values()],
    know: (instrument, provider) => {
      const alias = known.get(instrument)?.alias ?? known.size + 1;
      known.set(instrument, { instrument, alias, provider });
      return { instrument, alias, provider };
    },
    saveSwitch: (instrument, term, above) => {
      switches.set(instrument, { instrument, term, above });
    },
  };
  return storage as MarketStorage;
}

function marketOn(storage: MarketStorage) {
  const board = new Board(1);
  let changes = 0;
  const host = { tell: () => {}, changed: () => void (changes += 1) };
  const providers = new MarketProviders(board, storage, host);
  return { board, providers, changes: () => changes };
}

const toBackup = { instrument: INFY, provider: "backup", term: 1, above: 40, reason: "silent" };

test("an evicted market asks the next provider for numbers above all that the market manager has heard of", () => {
  const storage = storageOf();
  marketOn(storage).providers.know(INFY, "first");
  const evicted = marketOn(storage);
  evicted.providers.take([toBackup]);
  expect(evicted.providers.above(INFY)).toBe(40);
  expect(evicted.changes()).toBe(1);
  // So it stays after the next eviction.
  expect(marketOn(storage).providers.above(INFY)).toBe(40);
});

test("a market that comes to know an instrument after its switch asks for numbers above too, and still does after an eviction", () => {
  const storage = storageOf();
  const { providers } = marketOn(storage);
  providers.take([toBackup]);
  providers.know(INFY, "backup");
  expect(providers.above(INFY)).toBe(40);
  expect(marketOn(storage).providers.above(INFY)).toBe(40);
});

test("a market that was told of the switch long before it came to know the instrument asks for numbers above all the same", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const storage = storageOf();
  const { board, providers } = marketOn(storage);
  providers.take([toBackup]);
  vi.advanceTimersByTime(3_600_000);
  providers.take([{ ...toBackup, instrument: "NSE:TCS" }]);
  const declared: number[] = [];
  const requests = new Requests({
    board,
    providers,
    storage,
    keys: { mayTalk: () => true, tooMany: () => null },
    managers: () => ({ activeProviders: async () => [toBackup] }),
    interest: {
      acquire: async () => {
        declared.push(providers.above(INFY));
        return err(UNAVAILABLE);
      },
    },
    log: () => {},
  } as unknown as RequestsHost);
  const { algo } = setUpSockets().join();
  requests.take(
    algo,
    JSON.stringify({ op: "subscribe", channel: "ticks", instruments: [INFY] }),
    Date.now(),
  );
  await algo.queue;
  expect([providers.of(INFY), declared]).toEqual(["backup", [40]]);
  expect(marketOn(storage).providers.above(INFY)).toBe(40);
});

test("of an answer and a switch that was told while it was on its way, the newer one counts", () => {
  const later = { ...toBackup, provider: "first", term: 2, above: 50 };
  const one = marketOn(storageOf()).providers;
  one.take([later]);
  one.know(INFY, toBackup.provider, toBackup);
  expect([one.of(INFY), one.above(INFY)]).toEqual(["first", 50]);
  const other = marketOn(storageOf()).providers;
  other.take([toBackup]);
  other.know(INFY, later.provider, later);
  expect([other.of(INFY), other.above(INFY)]).toEqual(["first", 50]);
});

test("a market that is told of the switch after it took the new provider declares its numbers anew, and tells no switch", () => {
  const { providers, changes } = marketOn(storageOf());
  providers.know(INFY, "backup");
  providers.take([toBackup]);
  expect(providers.above(INFY)).toBe(40);
  expect(changes()).toBe(1);
});

test("a last tick that was asked of a provider before a switch is not taken after it", async () => {
  const { board, providers } = marketOn(storageOf());
  providers.know(INFY, "first");
  const tick = {
    instrument: INFY,
    last: 9,
    lastQuantity: 1,
    bid: null,
    bidQuantity: null,
    ask: null,
    askQuantity: null,
    volume: null,
    exchangeTime: 1,
    receivedTime: 1,
    provider: "first",
    epoch: 40,
    seq: tickSeqBase(40),
    late: false,
  };
  const manager: Pick<BrokerManagerPort, "quotes"> = {
    quotes: async () => {
      providers.take([toBackup]);
      return [tick];
    },
  };
  const host = { board, providers, manager: () => manager as BrokerManagerPort, log: () => {} };
  await fetchLast([INFY], [], host);
  expect(board.get(INFY)).toMatchObject({ provider: "backup", seq: 0, fields: null });
});

test("the highest epoch heard of each provider is kept through an eviction, and the next one's numbers are above all but its own", () => {
  const settings = new Map<string, string>();
  const storage: Pick<ProviderStorage, "setting" | "set"> = {
    setting: (name) => settings.get(name) ?? null,
    set: (name, value) => void settings.set(name, value ?? ""),
  };
  const epochs = new ProviderEpochs(storage as ProviderStorage);
  expect(epochs.aboveOf("backup")).toBe(0);
  epochs.hear("first", 40);
  epochs.hear("first", 12);
  epochs.hear("backup", 3);
  const again = new ProviderEpochs(storage as ProviderStorage);
  expect(again.aboveOf("backup")).toBe(40);
  expect(again.aboveOf("first")).toBe(3);
});
