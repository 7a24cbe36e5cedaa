/**
 * The way out of every order of one account, as plain logic on ports. The Durable Object around it is
 * a thin shell, and the simulation runs this very class.
 */
import type { BrokerBalance, OrderStreamMessage } from "../../brokers/broker.ts";
import type { AccountReconciliation } from "../../contract/reconciliation.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import type {
  ApprovedOrder,
  Order,
  OrderChanges,
  OrderIntent,
  TermsApproval,
} from "../../domain/order.ts";
import type { MeterUsage } from "../../domain/rate-limit.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { ScopeText } from "../../domain/scope.ts";
import { foldHalt, type Halt } from "../../domain/trading-gate.ts";
import type {
  DeskProblem,
  GatewayOutcome,
  HaltConfirmed,
  HandExecution,
  IntentFacts,
  OrderEvidence,
  OrderGatewayPort,
  Placed,
} from "../ports.ts";
import type { BrokerBook } from "../reconcile-port.ts";
import { gatewayContext, latestEpoch, readOrder, type GatewayContext } from "./context.ts";
import { discardByHand, executeByHand } from "./desk.ts";
import { lookForExternal } from "./external-orders.ts";
import { findingOf, isFound } from "./finding.ts";
import { guardPositions } from "./guard-positions.ts";
import { absorbFinding, askBroker } from "./look-up.ts";
import { flush } from "./outbox.ts";
import { place } from "./placing.ts";
import type { GatewayPorts } from "./ports.ts";
import { brokerBook, reconcileAfterReconnect, unfreeze } from "./reconcile.ts";
import { isKnown, sight } from "./sightings.ts";
import { giveUpUnsent } from "./stop.ts";
import { submit } from "./submit.ts";
import { nextDueAt, reconciliationState, watch } from "./watch.ts";
import { cancel, modify } from "./wishes.ts";

export class Gateway implements Omit<
  OrderGatewayPort,
  "ensure" | "streamState" | "meters" | "reconciliation" | "learnSession"
> {
  readonly #context: GatewayContext;

  constructor(ports: GatewayPorts) {
    this.#context = gatewayContext(ports);
  }

  place(intent: OrderIntent, facts: IntentFacts): Promise<Placed> {
    return place(this.#context, intent, facts);
  }

  submit(approved: ApprovedOrder, attempt: number): Promise<GatewayOutcome> {
    return submit(this.#context, approved, attempt);
  }

  cancel(clientOrderId: string): Promise<Order | null> {
    return cancel(this.#context, clientOrderId);
  }

  modify(id: string, changes: OrderChanges, approval: TermsApproval): Promise<Order | null> {
    return modify(this.#context, id, changes, approval);
  }

  async lookUp(clientOrderId: string): Promise<OrderEvidence> {
    const order = readOrder(this.#context, clientOrderId);
    const since = order?.recordedAt ?? this.#context.now();
    const picture = await askBroker(this.#context, since);
    if (!picture.ok) return this.#evidence(clientOrderId, null, null);
    const key = order ?? { clientOrderId, brokerOrderId: null };
    const finding = findingOf(picture.value, key);
    if (order) absorbFinding(this.#context, finding, picture.value.askedAt);
    await flush(this.#context);
    return this.#evidence(clientOrderId, isFound(finding), finding.orders.at(-1) ?? null);
  }

  giveUpUnsent(clientOrderId: string, reason: string): Promise<boolean> {
    return giveUpUnsent(this.#context, clientOrderId, reason);
  }

  executeByHand(id: string, claim: HandExecution): Promise<Result<Order, DeskProblem>> {
    return executeByHand(this.#context, id, claim);
  }

  discardByHand(id: string, by: string, reason: string): Promise<Result<Order, DeskProblem>> {
    return discardByHand(this.#context, id, by, reason);
  }

  #evidence(
    clientOrderId: string,
    found: boolean | null,
    brokerOrder: OrderEvidence["brokerOrder"],
  ): OrderEvidence {
    const order = readOrder(this.#context, clientOrderId);
    const { record = "none", attempt: attempts = 0 } = order ?? {};
    return { record, attempts, found, brokerOrder };
  }

  async halt(scope: ScopeText, version: number): Promise<HaltConfirmed> {
    this.#fold({ scope, version, halted: true, haltVersion: version });
    return { lastLeftAt: this.#context.lastLeftAt };
  }

  async resume(scope: ScopeText, version: number, haltVersion: number): Promise<void> {
    this.#fold({ scope, version, halted: false, haltVersion });
  }

  /** The lease has moved on: nothing of an older epoch leaves from here. */
  async fence(epoch: number): Promise<void> {
    if (epoch <= this.#context.store.number("epoch_seen")) return;
    latestEpoch(this.#context, epoch);
    this.#context.log("warn", "gateway_fenced", { epoch });
  }

  #fold(change: Halt): void {
    const { store, log } = this.#context;
    const { scope, version, halted } = change;
    store.saveHalt(foldHalt(store.halt(scope), change));
    log("warn", halted ? "gateway_halted" : "gateway_resumed", { scope, version });
  }

  async balances(): Promise<Result<BrokerBalance[], string>> {
    const balances = await this.#context.broker.balances();
    return balances.ok ? ok(balances.value) : err(balances.error.reason);
  }

  /** One parsed message of the order stream. */
  async onStream(message: Extract<OrderStreamMessage, { kind: "order_event" }>): Promise<void> {
    const { clientOrderId, brokerOrderId, event: evidence, at } = message;
    sight(this.#context, { clientOrderId, brokerOrderId, evidence, at, streamed: true });
    if (!isKnown(this.#context, message)) lookForExternal(this.#context, evidence);
    await flush(this.#context);
    await guardPositions(this.#context);
  }

  /** After the stream came up: what was missed, and the positions. Entries wait until this is ok. */
  async catchUp(): Promise<Result<null, string>> {
    const read = await reconcileAfterReconnect(this.#context);
    if (read.ok) await flush(this.#context);
    return read;
  }

  async reconciliation(ready: boolean): Promise<AccountReconciliation> {
    return reconciliationState(this.#context, ready);
  }

  brokerBook(since: number): Promise<Result<BrokerBook, string>> {
    return brokerBook(this.#context, since);
  }

  async unfreeze(instruments: InstrumentId[], by: string): Promise<void> {
    unfreeze(this.#context, instruments, by);
  }

  meters(): MeterUsage[] {
    return this.#context.limiter.usage();
  }

  /** Whatever is due by the clock. */
  watch(): Promise<void> {
    return watch(this.#context);
  }

  nextDueAt(): number {
    return nextDueAt(this.#context);
  }
}
