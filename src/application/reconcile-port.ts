/** What a reconciliation compares: the broker's whole word about an account, each query of which succeeded. */
import type { BrokerBalance, BrokerPosition } from "../brokers/broker.ts";
import type { Execution } from "../domain/order.ts";

export interface BrokerBook {
  /** From the time asked for on. */
  executions: Execution[];
  /** Flat ones may be left out. */
  positions: BrokerPosition[];
  balances: BrokerBalance[];
  /** Our clock when the first query left. */
  askedAt: number;
}

/** Something that people have to hear of. The same `id` is told once. */
export interface Incident {
  id: string;
  at: number;
  account: string;
  title: string;
  message: string;
}
