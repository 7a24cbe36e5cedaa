/** What the order use cases need from outside; `platform/wiring.ts` fills it, tests fill it by hand. */
import type { BrokerRules } from "../brokers/broker.ts";
import type { ApiError } from "../contract/errors.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import type { Mark } from "../domain/tick.ts";
import type { Log } from "./log.ts";
import type { PastOrdersPort } from "./past-orders.ts";
import type { OrderGatewayPort, RetryQueuePort, RiskLedgerPort } from "./ports.ts";

/** The market of one account: reference data, hours and prices of the broker behind it. */
export interface AccountMarket {
  rules: BrokerRules;
  /** Null when this broker does not know the instrument. */
  instrument(id: InstrumentId): Promise<Instrument | null>;
  /** Why the broker's list is not there, and what to do; null when it is. Then none can be called unknown. Left out, it always is. */
  unread?(): Promise<ApiError | null>;
  isOpen(instrument: Instrument, now: number): Promise<boolean>;
  /**
   * The latest price; an instrument nobody watches yet is subscribed and waited for, up to
   * `FIRST_TICK_WAIT_MS`. Null when none came: a price is never made up.
   */
  mark(id: InstrumentId): Promise<Mark | null>;
}

export interface OrderPorts {
  ledger: RiskLedgerPort;
  gateway(account: string): OrderGatewayPort;
  /** Null when this deployment has no such account. */
  market(account: string): AccountMarket | null;
  /** Orders that the ledger has archived; left out where none is. */
  past?: PastOrdersPort;
  /** The account of an order that names none. */
  defaultAccount: string;
  /** Every account of this deployment. */
  accounts: readonly string[];
  retries: RetryQueuePort;
  /**
   * The lease epoch under which this region acts; an isolate may keep it for a while unless it is
   * asked for a fresh one. Left out, the ledger's own.
   */
  epoch?(fresh?: "fresh"): Promise<number>;
  /** Whether there is a key that is bound to the algo. */
  hasKey(algoId: string): Promise<boolean>;
  /** Left out, the platform's own timer. */
  sleep?: (ms: number) => Promise<void>;
  log: Log;
}
