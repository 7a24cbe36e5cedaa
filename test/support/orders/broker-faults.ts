/** What the simulated broker permits, and how often it misbehaves. */
import type { BrokerRules } from "../../../src/brokers/broker.ts";

/** Probabilities. All 0 is a broker that behaves. */
export interface BrokerFaults {
  connectFailure: number;
  refusedTryAgain: number;
  rejected: number;
  timeoutBefore: number;
  /** The request arrives after the caller gave up. */
  arrivesLate: number;
  timeoutAfter: number;
  queryFails: number;
  eventLost: number;
  eventTwice: number;
  eventLate: number;
  cancelTrouble: number;
  /** An answer about positions is behind by some seconds. */
  positionsLate: number;
  /** Only the question about positions fails. */
  positionsFail: number;
  /** It takes an order, and refuses it a little later. */
  rejectsLater: number;
  /** It cancels an order that nobody asked it to cancel. */
  cancelsItself: number;
  /** It loses an order that it took: no list shows it any more. */
  forgets: number;
}

export const NO_FAULTS: BrokerFaults = {
  connectFailure: 0,
  refusedTryAgain: 0,
  rejected: 0,
  timeoutBefore: 0,
  arrivesLate: 0,
  timeoutAfter: 0,
  queryFails: 0,
  eventLost: 0,
  eventTwice: 0,
  eventLate: 0,
  cancelTrouble: 0,
  positionsLate: 0,
  positionsFail: 0,
  rejectsLater: 0,
  cancelsItself: 0,
  forgets: 0,
};

export const SIMULATED_RULES: BrokerRules = {
  broker: "simulated",
  connectionsMax: 1,
  instrumentsPerConnectionMax: 100,
  subscribeBatchMax: 100,
  subscribeMessagesPerSecond: 10,
  connectsPerMinute: 600,
  changeOverMs: 0,
  silenceBoundMs: 5_000,
  reconnect: { baseDelayMs: 100, factor: 2, maxDelayMs: 2_000 },
  orderTypes: ["market", "limit", "stop", "stop_limit"],
  timesInForce: ["day", "ioc", "gtc"],
  ordersPerSecond: 50,
  honoursClientOrderId: false,
  settlingTimeMs: 2_000,
  calendarAlwaysOpen: true,
};
