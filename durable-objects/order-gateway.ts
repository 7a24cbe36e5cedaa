/** The way out of one account's orders. A thin shell: the logic is `src/application/gateway`, here are its storage, socket and alarm. */
import { DurableObject } from "cloudflare:workers";
import { HeldSession } from "../src/application/held-session.ts";
import { GatewayAlarm } from "../src/application/gateway/alarm.ts";
import { Gateway } from "../src/application/gateway/gateway.ts";
import type {
  DeskProblem,
  GatewayOutcome,
  HaltConfirmed,
  HandExecution,
  IntentFacts,
  OrderEvidence,
  OrderGatewayPort,
  Placed,
  SessionGrant,
} from "../src/application/ports.ts";
import type { BrokerBook } from "../src/application/reconcile-port.ts";
import type { BrokerBalance } from "../src/brokers/broker.ts";
import { brokerClients } from "../src/brokers/registry.ts";
import type { BrokerView } from "../src/contract/brokers.ts";
import type { AccountReconciliation } from "../src/contract/reconciliation.ts";
import { assert } from "../src/domain/assert.ts";
import { INCIDENT_TELL_MS_MAX } from "../src/domain/gateway-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { ORDER_STREAM_READY_WAIT_MS } from "../src/domain/limits.ts";
import type {
  ApprovedOrder,
  Order,
  OrderChanges,
  OrderIntent,
  TermsApproval,
} from "../src/domain/order.ts";
import type { MeterUsage } from "../src/domain/rate-limit.ts";
import type { Result } from "../src/domain/result.ts";
import type { ScopeText } from "../src/domain/scope.ts";
import { laidDown } from "../src/platform/alerts.ts";
import { ACCOUNTS } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { brokerManager, riskLedger } from "../src/platform/objects.ts";
import { exitFacts, retryQueue } from "../src/platform/wiring.ts";
import { type BrokerClock, brokerClock } from "./order-gateway.clock.ts";
import { OrderGatewayStorage } from "./order-gateway.storage.ts";
import { OrderStream } from "./order-gateway.stream.ts";
import { Together } from "./together.ts";
import { within } from "./within.ts";

export class OrderGateway extends DurableObject<Env> implements OrderGatewayPort {
  readonly #gateway: Gateway;
  readonly #stream: OrderStream;
  readonly #session: HeldSession;
  readonly #clock: BrokerClock;
  readonly #alarm: GatewayAlarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const account = ctx.id.name;
    const placed = ACCOUNTS.find((each) => each.account === account);
    assert(placed, `there is no account ${account}: a gateway is named after one`);
    const log = logger({ object: "OrderGateway", account: placed.account });
    const owner = brokerManager(env, placed.broker);
    const session = new HeldSession({ owner, now: () => Date.now(), log });
    this.#session = session;
    const clients = brokerClients(env, placed.broker, placed.account, session);
    assert(clients.ok, `account ${account} is at a broker that is not there`);
    const broker = clients.value.trading;
    const together = new Together();
    this.#clock = brokerClock(placed.broker, riskLedger(env, placed.portfolio), log);
    const tell = laidDown(env);
    this.#gateway = new Gateway({
      account: placed.account,
      store: new OrderGatewayStorage(ctx.storage),
      broker,
      ledger: riskLedger(env, placed.portfolio),
      retries: retryQueue(env),
      facts: (intent) => exitFacts(env, intent),
      tell: (incident) => within(INCIDENT_TELL_MS_MAX, tell(incident)),
      now: () => Date.now(),
      sleep: (ms) => scheduler.wait(ms),
      turn: () => together.turn(),
      ready: () => this.#stream.ready(Date.now(), ORDER_STREAM_READY_WAIT_MS),
      clockOffsetMs: () => this.#clock.offsetMs,
      sessionEnded: () => sessionEnded(session),
      log,
    });
    this.#alarm = new GatewayAlarm({
      now: () => Date.now(),
      dueAt: () => Math.min(this.#gateway.nextDueAt(), this.#stream.nextDueAt()),
      stored: () => ctx.storage.getAlarm(),
      store: (at) => ctx.storage.setAlarm(at),
    });
    this.#stream = new OrderStream({
      broker,
      onEvent: (message) => this.#alarm.after(this.#gateway.onStream(message)),
      catchUp: () => this.#gateway.catchUp(),
      changed: () => void this.#alarm.arm(),
      heard: (brokerTime, now) => this.#clock.heard(brokerTime, now),
      hasSession: async () => (await session.current()).ok,
      generation: () => session.generation,
      sessionExpired: (generation, reason) => session.refused(generation, reason),
      log,
    });
  }

  place(intent: OrderIntent, facts: IntentFacts): Promise<Placed> {
    return this.#alarm.armed(() => this.#gateway.place(intent, facts));
  }

  submit(approved: ApprovedOrder, attempt: number): Promise<GatewayOutcome> {
    return this.#alarm.armed(() => this.#gateway.submit(approved, attempt));
  }

  cancel(clientOrderId: string): Promise<Order | null> {
    return this.#alarm.armed(() => this.#gateway.cancel(clientOrderId));
  }

  modify(id: string, changes: OrderChanges, approval: TermsApproval): Promise<Order | null> {
    return this.#alarm.armed(() => this.#gateway.modify(id, changes, approval));
  }

  lookUp(clientOrderId: string): Promise<OrderEvidence> {
    return this.#alarm.armed(() => this.#gateway.lookUp(clientOrderId));
  }

  giveUpUnsent(clientOrderId: string, reason: string): Promise<boolean> {
    return this.#alarm.armed(() => this.#gateway.giveUpUnsent(clientOrderId, reason));
  }

  executeByHand(id: string, claim: HandExecution): Promise<Result<Order, DeskProblem>> {
    return this.#alarm.armed(() => this.#gateway.executeByHand(id, claim));
  }

  discardByHand(id: string, by: string, reason: string): Promise<Result<Order, DeskProblem>> {
    return this.#alarm.armed(() => this.#gateway.discardByHand(id, by, reason));
  }

  async halt(scope: ScopeText, version: number): Promise<HaltConfirmed> {
    const confirmed = await this.#gateway.halt(scope, version);
    await this.ctx.storage.sync();
    return confirmed;
  }

  async resume(scope: ScopeText, version: number, haltVersion: number): Promise<void> {
    await this.#gateway.resume(scope, version, haltVersion);
    await this.ctx.storage.sync();
  }

  async fence(epoch: number): Promise<void> {
    await this.#gateway.fence(epoch);
    await this.ctx.storage.sync();
  }

  balances(): Promise<Result<BrokerBalance[], string>> {
    return this.#gateway.balances();
  }

  async streamState(): Promise<BrokerView["orderStream"]> {
    return this.#stream.state;
  }

  async meters(): Promise<MeterUsage[]> {
    return this.#gateway.meters();
  }

  async reconciliation(): Promise<AccountReconciliation> {
    return this.#gateway.reconciliation(this.#stream.state === "ready");
  }

  brokerBook(since: number): Promise<Result<BrokerBook, string>> {
    return this.#alarm.armed(() => this.#gateway.brokerBook(since));
  }

  unfreeze(instruments: InstrumentId[], by: string): Promise<void> {
    return this.#alarm.armed(() => this.#gateway.unfreeze(instruments, by));
  }

  async learnSession(grant: SessionGrant): Promise<void> {
    if (!this.#session.learn(grant)) return;
    if (grant.kind === "none") this.#stream.endSession(grant.reason);
    else await this.#alarm.armed(() => this.#stream.renewSession(Date.now()));
  }

  /** Also the first call after a deploy: from here on the alarm keeps it going. */
  async ensure(): Promise<void> {
    await this.#alarm.armed(() => this.#work());
  }

  override async alarm(): Promise<void> {
    await this.#alarm.rang(() => this.#work());
  }

  async #work(): Promise<void> {
    // Side by side: a stream that does not come up must not keep the watch from its work.
    await Promise.all([this.#stream.ensure(Date.now()), this.#gateway.watch()]);
  }
}

/** Why there is no session to send with; null when there is one. An owner that does not answer is no proof of either. */
async function sessionEnded(session: HeldSession): Promise<string | null> {
  const held = await session.current();
  return !held.ok && held.error.kind === "session_expired" ? held.error.reason : null;
}
