/** What the use cases ask of a gateway, and what it answers. Every argument and answer is plain data. */
import type { SessionUser } from "./feed-ports.ts";
import type { ReconcilingPort } from "./reconcile-port.ts";
import type { BrokerBalance, BrokerOrder } from "../brokers/broker.ts";
import type { BrokerView } from "../contract/brokers.ts";
import type {
  ApprovedOrder,
  Order,
  OrderChanges,
  OrderIntent,
  TermsApproval,
} from "../domain/order.ts";
import type { MeterUsage } from "../domain/rate-limit.ts";
import type { Result } from "../domain/result.ts";
import type { ScopeText } from "../domain/scope.ts";
import type { DeskProblem, HandExecution } from "./desk-port.ts";
import type { IntentFacts, ReserveAnswer } from "./reserve-port.ts";

/** What a submit came to, as the gateway recorded and posted it. */
export type GatewayOutcome =
  | { outcome: "accepted"; order: Order }
  | { outcome: "rejected"; order: Order }
  /** Proven: a retry is safe. */
  | { outcome: "not_sent"; order: Order; reason: string }
  | { outcome: "unknown"; order: Order }
  /** It never leaves: a kill switch or a newer epoch stopped it at the door, its turn would have come too late, or it lies on the desk. */
  | { outcome: "stopped"; order: Order };

/** What became of an intent that came straight to its gateway. */
export type Placed =
  | { kind: "sent"; result: GatewayOutcome }
  /** By the ledger: nothing was sent now. */
  | Exclude<ReserveAnswer, { kind: "approved" }>;

/** The gateway's word that the halt is stored: from here on nothing under it leaves. */
export interface HaltConfirmed {
  /** When the last order left from here in this run; null when none has. */
  lastLeftAt: number | null;
}

export interface OrderGatewayPort extends ReconcilingPort, SessionUser {
  /**
   * Has the ledger decide, and sends what it approved, once. Throws when the ledger did not answer: the
   * intent may then be reserved or not, which the ledger alone can say.
   */
  place(intent: OrderIntent, facts: IntentFacts): Promise<Placed>;
  /** Sends at most once for each attempt number; the write-ahead record comes before the first byte. */
  submit(approved: ApprovedOrder, attempt: number): Promise<GatewayOutcome>;
  cancel(clientOrderId: string): Promise<Order | null>;
  /** `approval`: under what the ledger approved the new terms, as the order carries it since. */
  modify(
    clientOrderId: string,
    changes: OrderChanges,
    approval: TermsApproval,
  ): Promise<Order | null>;
  /** Everything the gateway and a fresh broker look-up know of the order. */
  lookUp(clientOrderId: string): Promise<OrderEvidence>;
  /**
   * Ends an order that was never sent and lays it on the desk, in one step: no attempt of it leaves
   * after that, whoever brings it. False, and nothing is changed, when it left, may have left, or ended.
   */
  giveUpUnsent(clientOrderId: string, reason: string): Promise<boolean>;
  /** A dead letter that a person executed at the broker. Saying the same again changes nothing. */
  executeByHand(clientOrderId: string, claim: HandExecution): Promise<Result<Order, DeskProblem>>;
  /** A dead letter that a named person gives up. */
  discardByHand(
    clientOrderId: string,
    by: string,
    reason: string,
  ): Promise<Result<Order, DeskProblem>>;
  /** Stops everything under the scope whose ledger version is not above `version`'s; answers when stored. */
  halt(scope: ScopeText, version: number): Promise<HaltConfirmed>;
  /** `haltVersion`: of the halt that is over. What was approved up to it never leaves, also where its news never came. */
  resume(scope: ScopeText, version: number, haltVersion: number): Promise<void>;
  /** The lease has moved on: nothing of an older epoch leaves from here; answers when stored. */
  fence(epoch: number): Promise<void>;
  /** Watchdog: order-update socket, sweep, reconciliation. */
  ensure(): Promise<void>;
  balances(): Promise<Result<BrokerBalance[], string>>;
  streamState(): Promise<BrokerView["orderStream"]>;
  /** How full each scope is that the broker meters calls by. */
  meters(): Promise<MeterUsage[]>;
}

export interface OrderEvidence {
  /**
   * The gateway's own record: `none` proves that nothing was sent from here, `stopped` that nothing
   * ever will be.
   */
  record: "none" | "recorded" | "not_sent" | "accepted" | "rejected" | "unknown" | "stopped";
  attempts: number;
  /** Null when the look-up itself failed, which proves nothing. */
  found: boolean | null;
  brokerOrder: BrokerOrder | null;
}
