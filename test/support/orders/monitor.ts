/** Watches a run while it goes, with arithmetic of its own: what leaves, what is reserved, what is latched and inferred, at the moment it happens. */
import type { IntentFacts } from "../../../src/application/ports.ts";
import { decimal, ZERO, type Decimal } from "../../../src/domain/decimal.ts";
import type { BrokerOrder } from "../../../src/brokers/broker.ts";
import type { ApprovedOrder, Order, OrderChanges } from "../../../src/domain/order.ts";
import type { TripSetting } from "../../../src/domain/risk/trips/settings.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { EntryRules } from "./entry-rules.ts";
import { ExitRules } from "./exit-rules.ts";
import { LedgerPromises } from "./ledger-promises.ts";
import { covers, heldBy, isDone, signOf } from "./order-sums.ts";
import { POSITIONS_LAG_MS, type SimulatedBroker } from "./simulated-broker.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";
import type { Timeline } from "./timeline.ts";

interface ToldHalt {
  /** The highest version that halted. */
  haltVersion: number;
  /** The highest version told. */
  version: number;
  halted: boolean;
}

/** Longest window of a reject storm that a plan sets, with what a report may take to come. */
const STORM_MS = 60_000;

/** What a retry from the desk is called, after the order that it takes the place of. */
const RETRIED = /^(.+)-r1$/;

/** A fill that the stream told of is booked by then: no answer is awaited for longer. */
export const BOOKED_WITHIN_MS = 5_000;

export class Monitor {
  readonly promises = new LedgerPromises();
  readonly entries: EntryRules;
  readonly exits: ExitRules;
  readonly #breaches = new Set<string>();
  readonly #ledger: SimulatedLedger;
  readonly #broker: SimulatedBroker;
  readonly #timeline: Timeline;
  /** By scope, what the gateway has confirmed. */
  readonly #told = new Map<string, ToldHalt>();
  /** Scopes that people halt in this run, and those that each trip may latch, with the count that it takes. */
  readonly #mayHalt = new Set<string>();
  readonly #mayTrip = new Map<string, number>();
  #epochSent = 0;
  #epochFenced = 0;

  /** Fills that were inferred while every fill of the broker was booked. */
  readonly needless: string[] = [];
  /** Whether the gateway has booked this fill of the broker. */
  isBooked: (executionId: string) => boolean = () => false;

  constructor(ledger: SimulatedLedger, broker: SimulatedBroker, timeline: Timeline) {
    this.#ledger = ledger;
    this.entries = new EntryRules(ledger);
    this.exits = new ExitRules(ledger, broker);
    this.#broker = broker;
    this.#timeline = timeline;
    const trips = () => ledger.state().controls.trips as ReadonlyMap<string, TripSetting>;
    this.promises.closes = (trip) => trips().get(trip)?.flatten === true;
  }

  get breaches(): string[] {
    const { entries, exits, promises } = this;
    return [...this.#breaches, ...entries.breaches, ...exits.breaches, ...promises.breaches];
  }

  mayHalt(scope: ScopeText): void {
    this.#mayHalt.add(scope);
  }

  mayTrip(trip: string, scope: ScopeText, count = 0): void {
    this.#mayTrip.set(`${trip} ${scope}`, count);
  }

  gatewayTold(scope: string, version: number, halted: boolean, haltVersion: number): void {
    this.latched();
    const known = this.#told.get(scope) ?? { haltVersion: 0, version: 0, halted: false };
    const newer = version > known.version;
    this.#told.set(scope, {
      haltVersion: Math.max(known.haltVersion, haltVersion),
      version: newer ? version : known.version,
      halted: newer ? halted : known.halted,
    });
  }

  gatewayFenced(epoch: number): void {
    this.#epochFenced = Math.max(this.#epochFenced, epoch);
  }

  /** An order leaves the gateway. */
  sent({ intent, ledgerVersion, epoch, flattens }: ApprovedOrder): void {
    const { clientOrderId } = intent;
    this.exits.sent(intent);
    if (this.promises.unsent.has(clientOrderId))
      this.#found(`${clientOrderId} left after it was laid on the desk as not sent`);
    for (const [scope, { halted, haltVersion, version }] of this.#told) {
      if (!covers(scope, intent)) continue;
      if ((halted && flattens !== true) || ledgerVersion <= haltVersion)
        this.#found(`${clientOrderId} left although the kill switch of ${scope} was on`);
      if (flattens === true && !halted && ledgerVersion <= version)
        this.#found(`${clientOrderId} left to close ${scope}, which a person had set free`);
    }
    const most = Math.max(this.#epochSent, this.#epochFenced);
    if (epoch < most) this.#found(`${clientOrderId} left under epoch ${epoch} after ${most}`);
    this.#epochSent = Math.max(this.#epochSent, epoch);
  }

  /** New terms leave the gateway. Whoever lost the lease may still make its order smaller, and nothing else. */
  modified({ clientOrderId, quantity }: BrokerOrder, changes: OrderChanges): void {
    const epoch = this.#ledger.store.anyOrder(clientOrderId ?? "")?.epoch ?? 0;
    const lowers =
      changes.limitPrice === null &&
      changes.stopPrice === null &&
      decimal(changes.quantity ?? quantity).lte(quantity);
    if (epoch < this.#epochFenced && !lowers)
      this.#found(`new terms of ${String(clientOrderId)} left under epoch ${epoch}, long over`);
  }

  /** The broker has taken new terms of ours: all that rests on them is reserved, but for exits, of which a pair reserves one. */
  inForce({ clientOrderId, quantity, filledQuantity }: BrokerOrder): void {
    const entry = this.#ledger.state().orders.get(clientOrderId ?? "");
    const share = entry?.order.reduceOnly ? null : entry?.share;
    const rest = decimal(quantity).minus(filledQuantity);
    if (share?.quantity.lt(rest))
      this.#found(
        `${String(clientOrderId)} rests with ${rest.toFixed()} on new terms, ${share.quantity.toFixed()} is reserved`,
      );
  }

  /** The ledger has just reserved an order, in the same transaction's breath. */
  reserved(clientOrderId: string, facts: IntentFacts, now: number): void {
    const state = this.#ledger.state();
    const order = state.orders.get(clientOrderId)?.order;
    if (!order) return;
    for (const { scope, state: trading } of state.tradingStates.values())
      if (trading === "halted" && covers(scope, order) && facts.flattens !== true)
        this.#found(`${clientOrderId} was reserved although ${scope} is halted`);
    const { flattening } = state.controls;
    if (facts.flattens === true && ![...flattening].some((scope) => covers(scope, order)))
      this.#found(`${clientOrderId} was reserved to close what nobody wants closed any more`);
    if (facts.epoch !== undefined && facts.epoch < state.epoch)
      this.#found(`${clientOrderId} was reserved for epoch ${facts.epoch}, long over`);
    this.#limitsHold(order, order.quantity);
    this.entries.reserved(order, heldBy(this.#ledger, order).times(signOf(order)), now);
    const before = RETRIED.exec(clientOrderId)?.[1];
    if (before !== undefined && this.#broker.unanswered.has(before))
      this.#found(
        `${clientOrderId} takes the place of an order of which a submit was never answered`,
      );
    this.exits.reserved(order);
  }

  /** New terms were reserved. A limit that was set below what stands is for new risk: terms that add none may pass it. */
  replaced(order: Order, changes: OrderChanges): void {
    this.entries.changed(order.clientOrderId);
    const quantity = changes.quantity ?? order.quantity;
    const samePrices =
      [null, order.limitPrice].includes(changes.limitPrice) &&
      [null, order.stopPrice].includes(changes.stopPrice);
    if (samePrices && decimal(quantity).lte(order.quantity)) return;
    this.#limitsHold(order, quantity);
  }

  /** The stream told the living run of this fill some seconds ago. */
  toldFill(executionId: string, isBooked: boolean): void {
    if (!isBooked) this.#found(`the stream told of ${executionId}, and it was dropped`);
  }

  /** What the product wrote to its log. */
  logged(event: string, facts: Record<string, unknown>): void {
    if (event === "trip_fired") this.#tripped(String(facts["trip"]), String(facts["scope"]));
    if (event === "fill_inferred") this.#inferred(facts);
  }

  #found(breach: string): void {
    this.#breaches.add(breach);
  }

  /** The trip's scope is the trouble's scope, and a storm is of what the broker itself refused. */
  #tripped(trip: string, scope: string): void {
    const count = this.#mayTrip.get(`${trip} ${scope}`);
    if (trip === "reconcileFailure") return;
    if (count === undefined) {
      this.#found(`${trip} fired for ${scope}, which had no such trouble`);
      return;
    }
    const since = this.#timeline.now() - STORM_MS;
    const refused = this.#broker.refused.filter(({ clientOrderId, at }) => {
      const order = this.#ledger.store.anyOrder(clientOrderId);
      return at >= since && order !== null && covers(scope, order);
    });
    if (refused.length < count)
      this.#found(`${trip} fired for ${scope} after ${refused.length} of ${count} refusals`);
  }

  /** Whatever is latched was asked for, or was a trip's to latch. */
  latched(): void {
    for (const { scope, by } of this.#ledger.state().tradingStates.values()) {
      const [, trip] = by.split("trip:");
      const known =
        trip === undefined ? this.#mayHalt.has(scope) : this.#mayTrip.has(`${trip} ${scope}`);
      if (!known && trip !== "reconcileFailure")
        this.#found(`${scope} was latched by ${by}, which had no reason there`);
    }
  }

  /** A fill is inferred only from a position that the broker really had a moment ago, and while one is missing here. */
  #inferred({ instrument, side, quantity }: Record<string, unknown>): void {
    const name = String(instrument);
    const fills = this.#broker.fills.filter((fill) => fill.instrument === name);
    if (fills.every(({ executionId }) => this.isBooked(executionId)))
      this.needless.push(
        `a ${String(side)} of ${String(quantity)} ${name} was inferred, and none was missing`,
      );
    const sign = side === "buy" ? 1 : -1;
    const now = this.#timeline.now();
    // The ledger has not heard of it yet: its own position is that of before.
    const claimed = this.#held(name).plus(decimal(String(quantity)).times(sign));
    for (let at = now; at >= now - 2 * POSITIONS_LAG_MS; at -= 10)
      if (decimal(this.#broker.exchange.position(name, at)).eq(claimed)) return;
    this.#found(`a ${String(side)} of ${String(quantity)} ${name} was inferred from nothing`);
  }

  #held(instrument: string): Decimal {
    const mine = [...this.#ledger.state().holdings.values()];
    return mine
      .filter((each) => each.instrument === instrument)
      .reduce((sum, { position }) => sum.plus(position.quantity), ZERO);
  }

  #limitsHold(order: Order, quantity: string): void {
    // What only lowers a position is held to no limit.
    if (order.reduceOnly) return;
    const sign = signOf(order);
    const position = heldBy(this.#ledger, order).times(sign);
    // What was placed past us rests there too, and leaves less room for others.
    const all = this.#ledger.store.orders();
    const open = all.filter((each) => !isDone(each) && each.state !== "dead_lettered");
    const rest = open
      .filter((each) => each.algoId === order.algoId && each.instrument === order.instrument)
      .filter((each) => signOf(each) === sign && !each.reduceOnly)
      .reduce((sum, each) => {
        const isIt = each.clientOrderId === order.clientOrderId;
        const size = isIt ? quantity : each.quantity;
        return sum.plus(decimal(size).minus(each.filledQuantity));
      }, ZERO);
    const { limits } = this.#ledger.state();
    const worst = position.plus(rest);
    const most = limits.at("portfolio", "positionQuantity");
    if (most && worst.gt(most))
      this.#found(
        `${order.clientOrderId} could lead to ${worst.toFixed()} units, the limit is ${most.toFixed()}`,
      );
    const mostOpen = limits.at("portfolio", "openOrders");
    const isNew = order.state === "pending_new";
    if (isNew && mostOpen && mostOpen.lt(open.length) && !position.lt(ZERO))
      this.#found(
        `${order.clientOrderId} is one of ${open.length} open orders, the limit is ${mostOpen.toFixed()}`,
      );
  }
}
