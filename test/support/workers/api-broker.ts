/** A broker's page as the tests of the API expect it. */
import type { BrokerView } from "../../../src/contract/brokers.ts";

export const BROKER: BrokerView = {
  broker: "paper",
  limits: { instrumentsPerConnection: 100, connections: 32, subscribeMessagesPerSecond: 10 },
  configuredLimits: {
    instrumentsPerConnection: 100,
    connections: 32,
    subscribeMessagesPerSecond: 10,
  },
  learnedLimits: [],
  overCapacity: 0,
  weights: {},
  draining: null,
  shardCount: 1,
  shards: [
    {
      shard: "paper:paper:1",
      state: "live",
      epoch: 1,
      instruments: 1,
      confirmed: 1,
      pending: 0,
      alarmed: 0,
      markets: 1,
      ticks: 7,
      ticksPerSecond: 2,
      dropped: { duplicate: 3 },
      unreadable: {},
      lag: {
        exchangeToReceived: { p50: 1, p99: 2 },
        receivedToSent: { p50: 0, p99: 1 },
      },
      queue: {
        upstreamInstruments: 0,
        upstreamMessages: 0,
        downstreamTicks: 0,
        downstreamBytes: 0,
      },
      draining: null,
      recording: { written: 1, waiting: 0, retries: 0, lostTicks: 0 },
      reconnects: 0,
      lastMessageAt: 1,
      connectedAt: 1,
    },
  ],
  wanted: 1,
  pinned: [],
  session: {
    state: "valid",
    signIn: "automatic",
    generation: 1,
    expiresAt: null,
    provenAt: null,
    reason: null,
  },
  orderStream: "ready",
  orderMeters: [
    { name: "orders", scope: "account", used: 1, capacity: 10, reserve: 0, perSecond: 10 },
  ],
};
