/** One look at every part of the platform, for `/v1/status` and `/metrics`. A part that fails is told, never left out. */
import type { FeedAlert } from "../application/ports.ts";
import type { BrokerView } from "../contract/brokers.ts";
import type { MarketView } from "../contract/markets.ts";
import type { AccountReconciliation } from "../contract/reconciliation.ts";
import type { RiskStatusView } from "../contract/risk.ts";
import type { Result } from "../domain/result.ts";
import { FEED_BROKERS } from "../platform/deployment.ts";
import { movesOfEvents, type EventMoves } from "../storage/moving-events.ts";
import { newestExecution } from "../storage/order-counts.ts";
import type { ApiPorts } from "./ports.ts";
import { probe } from "./probe.ts";

export interface PlatformView {
  brokers: { broker: string; view: Result<BrokerView, string> }[];
  gateways: {
    account: string;
    stream: Result<BrokerView["orderStream"], string>;
    reconciliation: Result<AccountReconciliation, string>;
  }[];
  ledger: Result<RiskStatusView, string>;
  /** All providers of so many instruments are down since then; null while none is. */
  feedAlert: Result<FeedAlert | null, string>;
  markets: Result<MarketView[], string>;
  /** Time of the newest execution; null before the first. */
  tradebook: Result<number | null, string>;
  /** How far old events have left the tradebook; null before the first pass. */
  orderEvents: Result<EventMoves | null, string>;
}

export async function platformView(ports: ApiPorts): Promise<PlatformView> {
  const { orders, book, marketManager } = ports;
  const [brokers, gateways, ledger, feedAlert, markets, tradebook, orderEvents] = await Promise.all(
    [
      Promise.all(
        FEED_BROKERS.map(async (broker) => ({
          broker,
          view: await probe(() => ports.brokerManager(broker).view()),
        })),
      ),
      Promise.all(
        orders.accounts.map(async (account) => ({
          account,
          stream: await probe(() => orders.gateway(account).streamState()),
          reconciliation: await probe(() => orders.gateway(account).reconciliation()),
        })),
      ),
      probe(() => orders.ledger.status()),
      probe(() => marketManager.feedAlert()),
      probe(() => marketManager.markets()),
      probe(() => newestExecution(book)),
      probe(() => movesOfEvents(book)),
    ],
  );
  return { brokers, gateways, ledger, feedAlert, markets, tradebook, orderEvents };
}
