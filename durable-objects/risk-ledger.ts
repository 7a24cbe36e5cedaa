/** RiskLedger: the only maker of an approved order for one portfolio. Decide, reserve and record are one synchronous transaction; nothing is awaited in between, and nothing here reaches a broker. */
import { DurableObject } from "cloudflare:workers";
import type { BrokerBalance } from "../src/brokers/broker.ts";
import type {
  ActiveProvider,
  CatchUp,
  CatchUpAsk,
  IntentFacts,
  KillAnswer,
  KillOptions,
  LedgerNotice,
  OpenOrderFilter,
  OrderProblem,
  ReserveAnswer,
  ReserveAsk,
  ReservedOne,
  RiskLedgerPort,
} from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { RiskChannelView } from "../src/contract/risk-channel.ts";
import type { OrdersQuery, OrderView, PositionView } from "../src/contract/orders.ts";
import type { ControlCommand } from "../src/contract/risk-controls.ts";
import type { Page, PageQuery } from "../src/contract/primitives.ts";
import type { ExposureView, LimitsRequest, RiskStatusView } from "../src/contract/risk.ts";
import type { Order, OrderChanges, OrderIntent, OrderPost } from "../src/domain/order.ts";
import type { Result } from "../src/domain/result.ts";
import type { StandingApproval } from "../src/domain/risk/decide.ts";
import type { QuestionFacts } from "../src/domain/risk/explain.ts";
import { reducingOf, type Reducing } from "../src/domain/risk/reducing.ts";
import type { Holding } from "../src/domain/risk/state.ts";
import type { ScopeText } from "../src/domain/scope.ts";
import * as orders from "../src/application/ledger/orders.ts";
import { announced } from "../src/platform/alerts.ts";
import { PORTFOLIO } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { market, orderGateway } from "../src/platform/objects.ts";
import { retryQueue } from "../src/platform/wiring.ts";
import { tradebook } from "../src/storage/tradebook.ts";
import { LedgerAlarm } from "../src/application/ledger/alarm.ts";
import { LedgerBook } from "../src/application/ledger/book.ts";
import { LedgerDuties } from "../src/application/ledger/duties.ts";
import * as deciding from "../src/application/ledger/deciding.ts";
import { LedgerControls } from "../src/application/ledger/controls.ts";
import { riskChannelView } from "../src/application/ledger/risk-channel.ts";
import { LedgerArchive } from "../src/application/ledger/archive.ts";
import { archiveWork } from "./risk-ledger.archive.ts";
import { catchUp } from "./risk-ledger.catch-up.ts";
import { GatewayCalls } from "./risk-ledger.gateway-calls.ts";
import { historyPage } from "./risk-ledger.history.ts";
import { LedgerTrips } from "../src/application/ledger/trips.ts";
import { KillSwitch } from "../src/application/ledger/kill-switch.ts";
import { acceptMarks, goodMarks } from "./risk-ledger.marks.ts";
import { Notices } from "./risk-ledger.notices.ts";
import { Outbox } from "./risk-ledger.outbox.ts";
import { LedgerStorage } from "./risk-ledger.storage.ts";
import { exposureViews, positionViews, statusView } from "../src/application/ledger/views.ts";
import { accountsAt, tripWork } from "./risk-ledger.trips.ts";
import { after } from "./after.ts";
import { Together } from "./together.ts";
import { MarkWishes } from "./risk-ledger.wishes.ts";

export class RiskLedger extends DurableObject<Env> implements RiskLedgerPort {
  readonly #storage: LedgerStorage;
  readonly #together = new Together();
  readonly #outbox: Outbox;
  readonly #book: LedgerBook;
  readonly #notices: Notices;
  readonly #wishes: MarkWishes;
  readonly #killSwitch: KillSwitch;
  readonly #controls: LedgerControls;
  readonly #trips: LedgerTrips;
  readonly #archive: LedgerArchive;
  readonly #duties: LedgerDuties;
  readonly #log = logger({ object: "RiskLedger", portfolio: PORTFOLIO });
  readonly #alarm: LedgerAlarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const log = this.#log;
    const storage = (this.#storage = new LedgerStorage(ctx.storage));
    const gateways = new GatewayCalls(ctx.storage.sql, env);
    const rows = announced(env, tradebook(env.DB), (work) => ctx.waitUntil(work));
    const outbox = (this.#outbox = new Outbox(ctx.storage, rows));
    const book = (this.#book = new LedgerBook({
      storage,
      outbox,
      transaction: (work) => ctx.storage.transactionSync(work),
      onCommit: (notices, holdings) => this.#committed(notices, holdings),
      onApplied: (event, change, at) => this.#trips.note(event, change, at),
      onDenied: (order, at) => this.#trips.denied(order, at),
    }));
    this.#notices = new Notices((name, notices) => market(env, name).publish(notices));
    this.#wishes = new MarkWishes(storage, env, PORTFOLIO, log);
    const killSwitch = (this.#killSwitch = new KillSwitch(book, gateways, after, Date.now));
    const later = (work: Promise<unknown>) => this.#later(work);
    const trips = { book, killSwitch, later, log, ...tripWork(env) };
    this.#trips = new LedgerTrips(trips);
    const clockOffset = (broker: string, offsetMs: number) =>
      this.#trips.clockOffset(broker, offsetMs, accountsAt(broker), Date.now());
    this.#controls = new LedgerControls({
      book,
      gateways,
      killSwitch,
      trips: this.#trips,
      clockOffset,
    });
    this.#archive = new LedgerArchive({ book, log, after, ...archiveWork(env) });
    this.#duties = new LedgerDuties({
      book,
      archive: this.#archive,
      gateways,
      wishes: this.#wishes,
      notices: this.#notices,
      trips: this.#trips,
      gateway: (account) => orderGateway(env, account),
      retries: retryQueue(env),
      after,
      log,
    });
    this.#alarm = new LedgerAlarm({
      now: () => Date.now(),
      dueAt: (now) => this.#duties.nextDueAt(now),
      store: (at) => ctx.waitUntil(ctx.storage.setAlarm(at)),
    });
  }

  async reserve(intent: OrderIntent, facts: IntentFacts): Promise<ReserveAnswer> {
    await this.#together.turn();
    const answer = deciding.reserve(this.#book, intent, facts, Date.now());
    if (answer.kind === "denied") this.#lookAtTrips();
    return answer;
  }

  async reserveAll(asks: ReserveAsk[]): Promise<ReservedOne[]> {
    await this.#together.turn();
    const answers = deciding.reserveAll(this.#book, asks, Date.now());
    if (answers.some(({ kind }) => kind === "denied")) this.#lookAtTrips();
    return answers;
  }

  async post(posts: OrderPost[]): Promise<Order[]> {
    await this.#together.turn();
    await this.#archive.bringBack(posts, Date.now());
    const posted = orders.postAll(this.#book, posts, Date.now());
    this.#lookAtTrips();
    return posted;
  }

  #lookAtTrips(): void {
    const work = this.#trips.look(Date.now());
    if (work) this.#later(work);
  }

  #later(work: Promise<unknown>): void {
    this.ctx.waitUntil(this.#alarm.after(work));
  }

  async reserveReplace(id: string, changes: OrderChanges, facts: IntentFacts, by: string) {
    return deciding.reserveReplace(this.#book, id, changes, facts, by, Date.now());
  }

  async requestCancel(clientOrderId: string, by: string): Promise<Result<Order, OrderProblem>> {
    return orders.requestCancel(this.#book, clientOrderId, by, Date.now());
  }

  async requestCancels(filter: OpenOrderFilter, by: string) {
    return orders.requestCancels(this.#book, filter, by, Date.now());
  }

  async order(clientOrderId: string): Promise<Order | null> {
    return orders.orderOf(this.#book, clientOrderId, Date.now());
  }

  async endedOf(clientOrderIds: string[]): Promise<string[]> {
    return orders.endedOf(this.#book, clientOrderIds, Date.now());
  }

  async reducing(account: string): Promise<Reducing[]> {
    return reducingOf(this.#book.state(Date.now()), account);
  }

  async approved(clientOrderId: string): Promise<StandingApproval | null> {
    return orders.approvedOf(this.#book, clientOrderId, Date.now());
  }

  async orders(query: OrdersQuery): Promise<Page<OrderView>> {
    return this.#storage.orders(query);
  }

  async history(clientOrderId: string, query: PageQuery) {
    return historyPage(this.ctx.storage.sql, clientOrderId, query);
  }

  async explain(intent: OrderIntent, facts: QuestionFacts) {
    return deciding.explainIntent(this.#book, intent, facts, Date.now());
  }

  async positions(): Promise<PositionView[]> {
    const now = Date.now();
    return positionViews(this.#book.state(now), now);
  }

  async exposure(): Promise<ExposureView[]> {
    return exposureViews(this.#book.state(Date.now()));
  }

  async status(): Promise<RiskStatusView> {
    const now = Date.now();
    return statusView(this.#book.state(now), PORTFOLIO, this.#book.outbox.size, now);
  }

  #risk(): RiskChannelView {
    const now = Date.now();
    return riskChannelView(this.#book.state(now), PORTFOLIO, this.#book.outbox.size, now);
  }

  async limits() {
    return this.#book.state(Date.now()).limits.list();
  }

  async setLimits(request: LimitsRequest, by: string) {
    return deciding.setLimits(this.#book, request, by, Date.now());
  }

  trip(scope: ScopeText, reason: string, by: string, options?: KillOptions): Promise<KillAnswer> {
    return this.#alarm.after(this.#killSwitch.trip(scope, reason, by, Date.now(), options));
  }

  resetTrip(scope: ScopeText, reason: string, by: string): Promise<Result<KillAnswer, ApiError>> {
    return this.#alarm.after(this.#killSwitch.reset(scope, reason, by, Date.now()));
  }

  async controls() {
    return this.#controls.view(Date.now());
  }

  async control(command: ControlCommand, by: string) {
    const done = await this.#alarm.after(this.#controls.run(command, by, Date.now()));
    this.#lookAtTrips();
    return done;
  }

  async recordBalances(account: string, balances: BrokerBalance[], at: number): Promise<void> {
    orders.takeBalances(this.#book, account, balances, at, Date.now());
  }

  /** What was missed is read in the same run, so that nothing comes twice and nothing is left out. */
  async follow(name: string, ask?: CatchUpAsk): Promise<CatchUp> {
    this.#storage.follow(name);
    return catchUp(this.ctx.storage.sql, this.#risk(), ask);
  }

  async unfollow(name: string): Promise<void> {
    this.#storage.unfollow(name);
    this.#notices.drop(name);
  }

  async ensure(): Promise<void> {
    await this.#alarm.after(this.#duties.run(Date.now()));
  }

  override async alarm(): Promise<void> {
    await this.#alarm.rang(() => this.#duties.run(Date.now()));
  }

  override async fetch(request: Request): Promise<Response> {
    return acceptMarks(this.ctx, request);
  }

  override async webSocketMessage(_socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const marks = this.#wishes.news(goodMarks(data, this.#log));
    if (marks.length === 0) return;
    this.#book.takeMarks(marks, Date.now());
    this.#lookAtTrips();
    this.#tellRisk();
  }

  async takeProviders(providers: ActiveProvider[]): Promise<void> {
    if (this.#wishes.follow(providers) && !(await this.#wishes.declare())) this.#alarm.arm();
  }

  #committed(notices: LedgerNotice[], holdings: Iterable<Holding>): void {
    const later = (work: Promise<boolean> | null) =>
      work && this.ctx.waitUntil(work.then((done) => done || this.#alarm.soon()));
    if (this.#wishes.want(holdings)) later(this.#wishes.declare());
    later(this.#outbox.flushSoon());
    this.#alarm.changed();
    const followers = this.#storage.followers();
    if (followers.length === 0) return;
    this.#notices.add(followers, notices);
    this.ctx.waitUntil(this.#notices.send());
    this.#tellRisk();
  }

  #tellRisk(): void {
    const send = this.#notices.risk(() => [this.#storage.followers(), this.#risk()]);
    if (send) this.ctx.waitUntil(send);
  }
}
