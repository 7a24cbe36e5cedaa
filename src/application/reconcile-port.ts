/** What a reconciliation compares: the broker's whole word about an account, each query of which succeeded. */
import type { BrokerBalance, BrokerOrder, BrokerPosition } from "../brokers/broker.ts";
import type { AccountReconciliation } from "../contract/reconciliation.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Execution } from "../domain/order.ts";
import type { Result } from "../domain/result.ts";

export interface BrokerBook {
  /** From the time asked for on. */
  executions: Execution[];
  /** Open ones, and those that ended since the time asked for. */
  orders: BrokerOrder[];
  /** Flat ones may be left out. */
  positions: BrokerPosition[];
  balances: BrokerBalance[];
  /** Our clock when the first query left. */
  askedAt: number;
}

/** Something that people have to hear of until somebody takes it on. The same `id` is one incident. */
export interface Incident {
  id: string;
  at: number;
  /** What it is about: an account, or the scope of a trip. */
  account: string;
  severity: Severity;
  title: string;
  message: string;
}

/** How people are told, and how soon again. `critical`: money may be lost while nobody looks. */
export type Severity = "critical" | "serious";

/** What a gateway offers to whoever compares. */
export interface ReconcilingPort {
  /** How its comparisons with the broker stand. */
  reconciliation(): Promise<AccountReconciliation>;
  /** All that the broker tells of a time, after everything missed has been posted; a failed query is an error. */
  brokerBook(since: number): Promise<Result<BrokerBook, string>>;
  /** A person lets an instrument trade again that did not converge. */
  unfreeze(instruments: InstrumentId[], by: string): Promise<void>;
}
