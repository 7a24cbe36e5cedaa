/** The market manager as the API's tests play it: one market with room, which serves one instrument. */
import type { MarketManagerPort } from "../../../src/application/ports.ts";
import type { ApiError } from "../../../src/contract/errors.ts";
import type { MarketView } from "../../../src/contract/markets.ts";
import { err, ok, type Result } from "../../../src/domain/result.ts";
import { PLAYED_PROVIDERS } from "./api-providers.ts";

const MARKET: MarketView = {
  market: "m1",
  state: "open",
  sockets: 2,
  socketsMax: 250,
  instruments: 1,
  deliveriesPerSecond: 0,
  bufferedBytes: 0,
  laggingSockets: 0,
  drain: null,
};

const marketOf = (market: string): Result<MarketView, ApiError> =>
  market === MARKET.market
    ? ok(MARKET)
    : err({ code: "UNKNOWN_MARKET", message: `there is no market ${market}`, details: null });

export const MARKETS: MarketManagerPort = {
  place: async () => ({ market: "m1", socketsMax: 250 }),
  report: async () => {},
  ...PLAYED_PROVIDERS,
  markets: async () => [MARKET],
  setSocketsMax: async () => [MARKET],
  drain: async (market) => marketOf(market),
  undrain: async (market) => marketOf(market),
  closeKey: async () => ({ closed: 0, unreached: [] }),
  publishSignal: async (signal) => ok({ ...signal, seq: 1, at: 5 }),
  followSignals: async () => [],
  unfollowSignals: async () => {},
  signals: async () => [],
  ensure: async () => {},
};
