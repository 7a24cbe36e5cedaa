/** Gateways one after the other over one storage: each run of it may die in the middle of any call, and the next begins. */
import { GatewayAlarm } from "../../../src/application/gateway/alarm.ts";
import { Gateway } from "../../../src/application/gateway/gateway.ts";
import type { GatewayPorts } from "../../../src/application/gateway/ports.ts";
import type { OrderGatewayPort } from "../../../src/application/ports.ts";
import type { Incident } from "../../../src/application/reconcile-port.ts";
import { ClockOffset } from "../../../src/domain/clock-offset.ts";
import { SimulatedAlarm } from "./alarm.ts";
import type { GatewayWorld } from "./gateway-world.ts";
import { MemoryStore } from "./memory-store.ts";
import { BOOKED_WITHIN_MS } from "./monitor.ts";
import type { StreamEvent } from "./simulated-broker.ts";

export const ACCOUNT = "simulated";

/** A promise that never settles: what a caller sees of something that died. */
export const never = (): Promise<never> => new Promise(() => {});

/** How long an entry waits for the order stream. */
const READY_WAIT_MS = 2_000;
const RECONNECT_MS = 1_000;
/** After that, the caller of a run that died learns so. */
const GONE_MS = 30_000;

export class GatewayRuns {
  readonly store = new MemoryStore();
  /** What people were told, by id. */
  readonly incidents = new Map<string, Incident>();
  readonly #world: GatewayWorld;
  /** Stored: a run that dies leaves it to the next. */
  readonly #stored: SimulatedAlarm;
  #generation = 0;
  #gateway: Gateway;
  #alarm: GatewayAlarm;
  /** The socket of this run; what was missed may still have to be read in. */
  #connected = false;
  #streamReady = false;
  #nextTryAt = 0;
  /** As the broker's order stream tells it. */
  #clock = new ClockOffset();

  constructor(world: GatewayWorld) {
    this.#world = world;
    const { timeline, trouble } = world;
    this.#stored = new SimulatedAlarm({
      now: () => world.now(),
      after: (ms, act) => timeline.after(ms, act),
      lateMs: () => trouble.lateMs(),
      ring: () => this.#alive(() => this.#alarm.rang(() => this.#work())),
    });
    this.#gateway = this.#newGateway();
    this.#alarm = this.#newAlarm(this.#gateway);
    world.broker.onEvent = (event) => this.#onEvent(event);
    // The first call after a deploy.
    this.#alive(() => this.#alarm.armed(() => this.#work()));
  }

  #onEvent(event: StreamEvent): void {
    if (this.#world.trouble.brokerDown || !this.#connected) return;
    const alarm = this.#alarm;
    this.#hear();
    this.#alive((gateway) => alarm.after(gateway.onStream(event)));
    this.#expectBooked(event);
  }

  /** Each message of the stream, the empty ones that keep it open too, bears the broker's time. */
  #hear(): void {
    if (this.#connected) this.#clock.add(this.#world.timeline.now(), this.#world.now());
  }

  /** Unless this run dies before, a fill of an order of ours is booked soon after the stream told of it. */
  #expectBooked({ clientOrderId, event }: StreamEvent): void {
    if (event.kind !== "filled" || clientOrderId === null) return;
    const generation = this.#generation;
    const { executionId } = event.execution;
    this.#world.timeline.after(BOOKED_WITHIN_MS, () => {
      if (generation !== this.#generation) return;
      this.#world.monitor.toldFill(executionId, this.store.hasExecution(executionId));
    });
  }

  /** What the gateway throws is the next run's to clear up. */
  #alive(call: (gateway: Gateway) => Promise<unknown>): void {
    call(this.#gateway).catch((error: unknown) =>
      this.#world.log("error", "gateway_threw", { error: String(error) }),
    );
  }

  /** Nothing runs any more until the alarm rings or somebody calls. */
  crash(): void {
    this.#generation += 1;
    this.#connected = false;
    this.#streamReady = false;
    this.#nextTryAt = 0;
    this.#clock = new ClockOffset();
    this.store.restart();
    this.#gateway = this.#newGateway();
    this.#alarm = this.#newAlarm(this.#gateway);
  }

  /** The socket is gone, and is tried again from now on. */
  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#streamReady = false;
    this.#nextTryAt = this.#world.now() + RECONNECT_MS;
    this.#alive(() => this.#alarm.arm());
  }

  /** What the alarm does: a stream that does not come up must not keep the watch from its work. */
  async #work(): Promise<void> {
    this.#hear();
    await Promise.all([this.#connect(), this.#gateway.watch()]);
  }

  /** The stream is up again: entries wait until what was missed has been read in. */
  async #connect(): Promise<void> {
    const now = this.#world.now();
    if (this.#connected || now < this.#nextTryAt) return;
    const generation = this.#generation;
    this.#nextTryAt = now + RECONNECT_MS;
    if (this.#world.trouble.brokerDown) return;
    this.#connected = true;
    this.#hear();
    const read = await this.#gateway.catchUp();
    if (generation !== this.#generation || !this.#connected) return;
    if (read.ok) this.#streamReady = true;
    else this.disconnect();
  }

  /** Reads in once more all that the broker knows. */
  async reconcile(): Promise<void> {
    await this.#gateway.catchUp();
    await this.#gateway.watch();
  }

  async #ready(): Promise<boolean> {
    if (this.#streamReady) return true;
    this.#alive(() => this.#alarm.after(this.#connect()));
    await this.#world.timeline.sleep(READY_WAIT_MS);
    return this.#streamReady;
  }

  /** Wraps a call so that the run making it may die before or after it has its effect. */
  #guard<T extends unknown[], R>(call: (...args: T) => Promise<R>): (...args: T) => Promise<R> {
    const generation = this.#generation;
    return async (...args) => {
      if (generation !== this.#generation || this.#dies()) return never();
      const result = await call(...args);
      if (generation !== this.#generation || this.#dies()) return never();
      return result;
    };
  }

  /** The ledger's answer to an exit may be slow, so that the other exit fills before it. */
  async #exitIsSlow(): Promise<void> {
    const { timeline, trouble, slowness } = this.#world;
    if (!slowness.chance(trouble.faults.exitSlow)) return;
    trouble.count("exitSlow");
    await timeline.sleep(slowness.between(1_000, 40_000));
  }

  #dies(): boolean {
    if (!this.#world.trouble.strikes("crash")) return false;
    this.crash();
    return true;
  }

  #newAlarm(gateway: Gateway): GatewayAlarm {
    const generation = this.#generation;
    const streamDueAt = (): number => (this.#connected ? Infinity : this.#nextTryAt);
    return new GatewayAlarm({
      now: () => this.#world.now(),
      dueAt: () => Math.min(gateway.nextDueAt(), streamDueAt()),
      stored: async () => this.#stored.at,
      store: async (at) => {
        if (generation === this.#generation) this.#stored.set(at);
      },
    });
  }

  #newGateway(): Gateway {
    const { broker, timeline, random, trouble, ledger, retries, facts } = this.#world;
    const guard = <T extends unknown[], R>(call: (...args: T) => Promise<R>) => this.#guard(call);
    const ports: GatewayPorts = {
      account: ACCOUNT,
      store: this.store,
      broker: {
        rules: broker.rules,
        submit: guard((order) => broker.submit(order)),
        cancel: guard((order) => broker.cancel(order)),
        modify: guard((order, changes) => broker.modify(order, changes)),
        openOrders: guard(() => broker.openOrders()),
        closedOrders: guard((since) => broker.closedOrders(since)),
        executions: guard((since) => broker.executions(since)),
        positions: guard(() => broker.positions()),
        balances: guard(() => broker.balances()),
        openOrderStream: () => broker.openOrderStream(),
        parseOrderStream: () => broker.parseOrderStream(),
      },
      ledger: {
        post: guard((posts) => ledger.post(posts)),
        order: guard((id) => ledger.order(id)),
        endedOf: guard((ids) => ledger.endedOf(ids)),
        reducing: guard((account) => ledger.reducing(account)),
        approved: guard((id, lots) => ledger.approved(id, lots)),
        reserve: guard(async (intent, known) => {
          const answer = await ledger.reserve(intent, known);
          await this.#exitIsSlow();
          return answer;
        }),
        reserveAll: guard(async (asks) => {
          const answers = await ledger.reserveAll(asks);
          // An answer may be slow, so that a kill switch or a takeover comes, and goes, before it.
          if (trouble.strikes("carrierSlow")) await timeline.sleep(random.between(1_000, 40_000));
          return answers;
        }),
        reserveReplace: guard((id, changes, known, by) =>
          ledger.reserveReplace(id, changes, known, by),
        ),
        requestCancel: guard((id, by) => ledger.requestCancel(id, by)),
        positions: guard(() => ledger.positions()),
        control: guard((command, by) => ledger.control(command, by)),
        recordBalances: guard((account, balances, at) =>
          ledger.recordBalances(account, balances, at),
        ),
      },
      retries: { send: guard((message) => retries.send(message)) },
      facts: guard((intent) => facts(intent)),
      tell: guard(async (incident) => void this.incidents.set(incident.id, incident)),
      clockOffsetMs: () => this.#clock.offsetMs,
      now: () => this.#world.now(),
      sleep: guard((ms) => timeline.sleep(ms)),
      turn: guard(() => timeline.sleep(random.between(0, 2))),
      ready: guard(() => this.#ready()),
      archiving: { recordKeptMs: 3_000, idsKeptMs: Infinity, sliceMs: 1_000, sliceRows: 20 },
      log: this.#world.log,
    };
    return new Gateway(ports);
  }

  /** As others see the gateway: each call goes to the run that lives when it arrives. */
  port(): OrderGatewayPort {
    const { timeline, random, monitor } = this.#world;
    const to =
      <T extends unknown[], R>(call: (gateway: Gateway, ...args: T) => Promise<R>) =>
      async (...args: T): Promise<R> => {
        await timeline.sleep(random.between(1, 10));
        const gone = Promise.withResolvers<never>();
        const takeBack = timeline.after(GONE_MS, () => gone.reject(new Error("the gateway died")));
        const answer = await Promise.race([call(this.#gateway, ...args), gone.promise]);
        takeBack();
        return structuredClone(answer);
      };
    /** With the alarm set before and after, as the object makes most of its calls. */
    const armed = <T extends unknown[], R>(call: (gateway: Gateway, ...args: T) => Promise<R>) =>
      to((gateway, ...args: T) => this.#alarm.armed(() => call(gateway, ...args)));
    return {
      place: armed((gateway, intent, known) => gateway.place(intent, known)),
      submit: armed((gateway, approved, attempt) => gateway.submit(approved, attempt)),
      cancel: armed((gateway, id) => gateway.cancel(id)),
      modify: armed((gateway, id, changes, epoch) => gateway.modify(id, changes, epoch)),
      lookUp: armed((gateway, id) => gateway.lookUp(id)),
      giveUpUnsent: armed((gateway, id, reason) => gateway.giveUpUnsent(id, reason)),
      executeByHand: armed((gateway, id, claim) => gateway.executeByHand(id, claim)),
      discardByHand: armed((gateway, id, by, reason) => gateway.discardByHand(id, by, reason)),
      halt: to(async (gateway, scope, version) => {
        const confirmed = await gateway.halt(scope, version);
        monitor.gatewayTold(scope, version, true, version);
        return confirmed;
      }),
      resume: to(async (gateway, scope, version, haltVersion) => {
        await gateway.resume(scope, version, haltVersion);
        monitor.gatewayTold(scope, version, false, haltVersion);
      }),
      fence: to(async (gateway, epoch) => {
        await gateway.fence(epoch);
        monitor.gatewayFenced(epoch);
      }),
      balances: to((gateway) => gateway.balances()),
      ensure: armed(() => this.#work()),
      meters: to(async (gateway) => gateway.meters()),
      reconciliation: to((gateway) => gateway.reconciliation(this.#streamReady)),
      brokerBook: armed((gateway, since) => gateway.brokerBook(since)),
      unfreeze: armed((gateway, instruments, by) => gateway.unfreeze(instruments, by)),
      learnSession: async () => {},
      streamState: async () => (this.#streamReady ? "ready" : "connecting"),
    };
  }
}
