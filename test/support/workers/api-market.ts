/** The market of the played platform: one instrument at the paper broker. */
import type { AccountMarket } from "../../../src/application/order-ports.ts";
import type { BrokerRules } from "../../../src/brokers/broker.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";

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
