/** What a simulated ledger reaches beyond its own object, and what is told of it. */
import type { TripParts } from "../../../src/application/ledger/trips.ts";
import type { Log } from "../../../src/application/log.ts";
import type {
  IntentFacts,
  OrderGatewayPort,
  RetryQueuePort,
} from "../../../src/application/ports.ts";
import type { Order, OrderChanges } from "../../../src/domain/order.ts";
import type { LedgerEvent } from "../../../src/domain/risk/ledger.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";

export interface LedgerWorld {
  now(): number;
  after: (ms: number, act: () => void) => () => void;
  gateway(): OrderGatewayPort;
  retries: RetryQueuePort;
  /** Sets the object's one alarm; when it rings, `rings` is to be called. */
  setAlarm(at: number): void;
  /** What follows from a trip, by the use cases. */
  tripWork: Pick<TripParts, "cancel" | "flatten">;
  log: Log;
  /** After each order that was reserved, before anything else happens. */
  onReserved(clientOrderId: string, facts: IntentFacts): void;
  /** After new terms were reserved; the order as it stands without them. */
  onReplaced(order: Order, changes: OrderChanges): void;
  /** A kill switch has latched, and is to close what is open. */
  onFlattenAsked(scope: ScopeText): void;
  /** Each event as it is applied. */
  onApplied(event: LedgerEvent): void;
}
