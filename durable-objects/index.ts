/** Every Durable Object class of the Worker, for the runtime to find. */
export { FeedShard } from "./feed-shard.ts";
export { Market } from "./market.ts";
export { BrokerManager } from "./broker-manager.ts";
export { MarketManager } from "./market-manager.ts";
export { RiskLedger } from "./risk-ledger.ts";
export { OrderGateway } from "./order-gateway.ts";
export { PaperBroker } from "./paper-broker.ts";
export { AlertChannel } from "./alert-channel.ts";
export { OperatorProfile } from "./operator-profile.ts";
