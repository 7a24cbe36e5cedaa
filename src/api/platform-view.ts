/** One look at every part of the platform, for `/v1/status` and `/metrics`. A part that fails is told, never left out. */
import type { FeedAlert } from "../application/ports.ts";
import type { BrokerView } from "../contract/brokers.ts";
import type { MarketView } from "../contract/markets.ts";
import type { AccountReconciliation } from "../contract/reconciliation.ts";
import type { RiskStatusView } from "../contract/risk.ts";
import type { Result } from "../domain/result.ts";
import { FEED_BROKERS } from "../platform/deployment.ts";
import { bytesUsed, type Database } from "../storage/database.ts";
import { movesOfEvents, type EventMoves } from "../storage/moving-events.ts";
import { movesOfRows, type RowMoves } from "../storage/moving-rows.ts";
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
  /** The same of orders and executions of old days, one for each that a pass was made of. */
  oldRows: Result<RowMoves[], string>;
  /** Bytes that D1 holds; null where the platform does not tell. */
  tradebookBytes: Result<number | null, string>;
}

export async function platformView(ports: ApiPorts): Promise<PlatformView> {
  const { orders, book, marketManager } = ports;
  const [brokers, gateways, tradebook, others] = await Promise.all([
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
    tradebookView(book),
    Promise.all([
      probe(() => orders.ledger.status()),
      probe(() => marketManager.feedAlert()),
      probe(() => marketManager.markets()),
    ]),
  ]);
  const [ledger, feedAlert, markets] = others;
  return { brokers, gateways, ledger, feedAlert, markets, ...tradebook };
}

type TradebookView = Pick<PlatformView, "tradebook" | "orderEvents" | "oldRows" | "tradebookBytes">;

async function tradebookView(book: Database): Promise<TradebookView> {
  const [tradebook, orderEvents, oldRows, tradebookBytes] = await Promise.all([
    probe(() => newestExecution(book)),
    probe(() => movesOfEvents(book)),
    probe(() => movesOfRows(book)),
    probe(() => bytesUsed(book)),
  ]);
  return { tradebook, orderEvents, oldRows, tradebookBytes };
}
