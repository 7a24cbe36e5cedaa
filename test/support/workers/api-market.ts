/** The market of the played platform: one instrument at the paper broker. */
import type { AccountMarket } from "../../../src/application/order-ports.ts";
import type { BrokerManagerPort } from "../../../src/application/ports.ts";
import type { BrokerRules } from "../../../src/brokers/broker.ts";
import type { CleaningView, QualityView } from "../../../src/contract/quality.ts";
import { CLEANING_DEFAULTS } from "../../../src/domain/cleaning.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import { ok } from "../../../src/domain/result.ts";

export const INSTRUMENT: Instrument = {
  id: "NSE:INFY",
  exchange: "NSE",
  symbol: "INFY",
  name: "Infosys",
  kind: "equity",
  currency: "INR",
  tickSize: "0.05",
  lotSize: "1",
  minQuantity: "1",
  maxQuantity: "100000",
  tradable: true,
  calendar: "NSE",
};

const RULES = {
  broker: "paper",
  orderTypes: ["limit", "market", "stop", "stop_limit"],
  timesInForce: ["day", "ioc", "gtc"],
};

export const ACCOUNT_MARKET: AccountMarket = {
  rules: RULES as unknown as BrokerRules,
  instrument: async (id) => (id === INSTRUMENT.id ? INSTRUMENT : null),
  isOpen: async () => true,
  mark: async () => null,
};

export const CLEANING: CleaningView = {
  instrument: INSTRUMENT.id,
  provider: "paper",
  ...CLEANING_DEFAULTS,
  off: [],
  isDefault: true,
};

export const QUALITY: QualityView = {
  instrument: INSTRUMENT.id,
  provider: "paper",
  shard: "paper:paper:1",
  mode: "depth",
  state: "fresh",
  lastTickAt: 1_000,
  ageMs: 20,
  exchangeTime: 990,
  intervalMs: 50,
  staleAfterMs: 5_000,
  ticks: 7,
  dropped: {
    duplicate: 3,
    bad_number: 0,
    clock_skew: 0,
    crossed_book: 0,
    out_of_order: 0,
    spike: 0,
  },
  isSpikeWaiting: false,
  gaps: 0,
  book: {
    state: "valid",
    resyncs: 1,
    faults: { gap: 1, crossed: 0, checksum: 0, bad_level: 0 },
    bids: 20,
    asks: 20,
  },
  clockOffsetMs: 3,
};

/** What a manager says of its data's quality. */
export const QUALITY_MANAGER: Partial<BrokerManagerPort> = {
  quality: async () => [QUALITY],
  cleaning: async () => ok([CLEANING]),
  setCleaning: async (instrument, settings) =>
    ok({
      ...CLEANING,
      instrument,
      ...settings,
      off: [...(settings?.off ?? [])],
      isDefault: settings === null,
    }),
};
