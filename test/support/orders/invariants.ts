/** What must hold after every run, whatever went wrong in it. Each breach is a sentence that names the order. */
import { EXTERNAL_ALGO } from "../../../src/domain/risk/external.ts";
import type { Holding } from "../../../src/domain/risk/state.ts";
import { underScope } from "../../../src/domain/risk/ledger.ts";
import { INFERRED_PREFIX } from "../../../src/domain/reconciliation/synthetic-id.ts";
import { decimal, type Decimal } from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { bracketBreaches } from "./bracket-invariants.ts";
import { profitsAgree } from "./profits.ts";
import { placedPastAgree } from "./placed-past.ts";
import { isOpen, standing } from "./exchange.ts";
import type { Plan } from "./plan.ts";
import { couldTurnOver } from "./turned-over.ts";
import { INSTRUMENTS, type World } from "./world.ts";

export function breaches(world: World, plan: Plan, answered: ReadonlySet<string>): string[] {
  world.monitor.latched();
  return [
    ...world.monitor.breaches,
    ...bracketBreaches(world),
    ...couldTurnOver(world),
    ...noInferenceLeft(world, plan),
    ...flatWhereAsked(world),
    ...nothingStandsUnderAHalt(world),
    ...noCancelForgotten(world),
    ...inTheTradebook(world, answered),
    ...positionsAgree(world),
    ...placedPastAgree(world),
    ...survivesEviction(world),
    ...atMostOneBrokerOrder(world),
    ...nothingLost(world),
    ...noEndWithoutEvidence(world),
    ...fillsAgree(world),
    ...profitsAgree(world),
    ...world.ledger.brokenEquations().map((broken) => `ledger equation: ${broken}`),
  ];
}

/** Those that an algo asked for; what was traded past us is compared as a position. */
const ourOrders = (world: World): Order[] =>
  world.ledger.store.orders().filter(({ algoId }) => algoId !== EXTERNAL_ALGO);

/** Whatever was answered is in the tradebook as the ledger has it, what needs a person is on the desk, each fill once. */
function inTheTradebook(world: World, answered: ReadonlySet<string>): string[] {
  const { tradebook, store } = world.ledger;
  const orders = new Map(store.orders().map((order) => [order.clientOrderId, order]));
  const lost = [...answered]
    .filter((id) => !orders.has(id))
    .map((id) => `${id} was answered, and lost`);
  const behind = [...orders.values()].flatMap(({ clientOrderId, state }) => {
    const told = tradebook.orders.get(clientOrderId)?.state ?? "absent";
    return told === state ? [] : [`${clientOrderId} is ${state}, in the tradebook ${told}`];
  });
  const offDesk = [...orders.values()]
    .filter(({ state }) => state === "dead_lettered")
    .filter(({ clientOrderId }) => tradebook.desk.get(clientOrderId) !== "open")
    .map(({ clientOrderId }) => `${clientOrderId} is dead_lettered, but not on the desk`);
  const twice = [...tradebook.executions]
    .filter(([, times]) => times > 1)
    .map(([id, times]) => `execution ${id} is in the tradebook ${times} times`);
  return [...lost, ...behind, ...offDesk, ...twice];
}

/** All algos together hold what the broker's own trades add up to, those made by hand among them. */
function positionsAgree(world: World): string[] {
  const held = [...world.ledger.state().holdings.values()];
  return INSTRUMENTS.flatMap(({ id }) => {
    const ours = held
      .filter(({ instrument }) => instrument === id)
      .reduce((sum, { position }) => sum.plus(position.quantity), decimal(0));
    const theirs = world.broker.exchange.position(id);
    return ours.eq(theirs)
      ? []
      : [`the ledger holds ${ours.toFixed()} ${id}, the broker ${theirs}`];
  });
}

/** By now every fill has been told of, so that each inferred one has been taken back by its real one, and none by another guess. */
function noInferenceLeft(world: World, { steps }: Plan): string[] {
  // Times of two clocks that jumped against each other say nothing of what came first.
  if (steps.some(({ kind }) => kind === "clock_jump")) return [];
  if (world.monitor.needless.length > 0) return world.monitor.needless;
  const sums = new Map<string, Decimal>();
  for (const [id, { instrument, side, quantity }] of world.gateways.store.executions) {
    if (!id.startsWith(INFERRED_PREFIX)) continue;
    const signed = decimal(quantity).times(side === "buy" ? 1 : -1);
    sums.set(instrument, (sums.get(instrument) ?? decimal(0)).plus(signed));
  }
  return [...sums]
    .filter(([, sum]) => !sum.eq(0))
    .map(([id, sum]) => `${sum.toFixed()} ${id} are inferred, though every fill was told of`);
}

/** What was traded against a position past the platform has closed it there already. Where two algos hold one instrument, nobody can say whose. */
function leftToClose(world: World, { algoId, instrument, position, sides }: Holding): boolean {
  const { quantity } = position;
  const books = [...world.ledger.state().holdings.values()].filter(
    (each) => each.instrument === instrument && !each.position.quantity.eq(0),
  );
  const isPast = algoId === EXTERNAL_ALGO;
  if (!isPast && books.some((each) => each.algoId === EXTERNAL_ALGO) && books.length > 2)
    return false;
  const against = books
    .filter((each) => (each.algoId === EXTERNAL_ALGO) !== isPast)
    .filter((each) => each.position.quantity.times(quantity).lt(0))
    .reduce((sum, each) => sum.plus(each.position.quantity.abs()), decimal(0));
  // An order whose outcome nobody knows may have closed its part, and a stranger's that came under the halt may yet.
  const held = sides[quantity.gt(0) ? "sell" : "buy"].quantity;
  return quantity.abs().gt(against.plus(held));
}

/** A kill switch with flatten that nobody has reset leaves nothing open that it can close. */
function flatWhereAsked(world: World): string[] {
  const { holdings } = world.ledger.state();
  return [...world.monitor.promises.toBeFlat].flatMap((scope) =>
    [...holdings.values()]
      .filter((holding) => underScope(scope)(holding) && !holding.position.quantity.eq(0))
      .filter((holding) => leftToClose(world, holding))
      .map(
        ({ algoId, instrument, position }) =>
          `${scope} was to be flat, and ${algoId} holds ${position.quantity.toFixed()} ${instrument}`,
      ),
  );
}

/** A kill switch cancels until the broker has done so: what it was thrown upon stands nowhere any more. */
function nothingStandsUnderAHalt(world: World): string[] {
  const halts = [...world.ledger.state().tradingStates.values()].filter(
    ({ state }) => state === "halted",
  );
  return ourOrders(world).flatMap((order) => {
    const halt = halts.find(
      ({ scope, version }) => underScope(scope)(order) && order.ledgerVersion < version,
    );
    const stands = brokerOrdersOf(world, order.clientOrderId).some(isOpen);
    return halt && stands
      ? [`${order.clientOrderId} stands at the broker under ${halt.scope}`]
      : [];
  });
}

/** Whoever wanted an order canceled was told that it is on its way: what the broker has not refused to cancel stands nowhere. */
const noCancelForgotten = (world: World): string[] =>
  [...world.monitor.promises.toCancel]
    .filter((id) => brokerOrdersOf(world, id).some(isOpen))
    .map((id) => `${id} stands at the broker, and its cancel was forgotten`);

/** What memory holds is what storage gives again. */
function survivesEviction(world: World): string[] {
  const picture = (): string => {
    const { holdings, tradingStates, committed } = world.ledger.state();
    const figures = [...holdings].map(([key, { position, sides, figures: sums }]) => [
      key,
      { position, sides, moneyAtRisk: sums.moneyAtRisk, openOrders: sums.openOrders },
    ]);
    const sums = [...committed].filter(([, amount]) => !amount.eq(0));
    const rows = [...figures, ...tradingStates, ...sums].map((row) => JSON.stringify(row));
    return rows.toSorted((a, b) => a.localeCompare(b)).join();
  };
  const before = picture();
  world.ledger.evict();
  const after = picture();
  return before === after ? [] : [`an eviction changes the ledger from ${before} to ${after}`];
}

/** Reading everything in again, twice, is no news: it may bring no event. */
export async function changesOfReconciling(world: World): Promise<string[]> {
  const { events } = world.ledger.store;
  const before = events.length;
  for (let time = 0; time < 2; time += 1) {
    void world.gateways.reconcile();
    await world.timeline.runUntil(world.timeline.now() + 1_000);
  }
  return events
    .slice(before)
    .map(({ kind, clientOrderId }) => `reconciling again brings ${kind} of ${clientOrderId}`);
}

const brokerOrdersOf = (world: World, clientOrderId: string) =>
  world.broker.held.filter(({ order }) => order.clientOrderId === clientOrderId);

function atMostOneBrokerOrder(world: World): string[] {
  const counts = new Map<string, number>();
  for (const { order } of world.broker.held) {
    const id = order.clientOrderId;
    if (id === null) continue;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([id, count]) => `${id} has ${count} orders at the broker`);
}

/** Where an order may rest: ended, standing at the broker, or on the desk. */
const SETTLED: ReadonlySet<Order["state"]> = new Set([
  "new",
  "pending_trigger",
  "partially_filled",
  "replaced",
  "dead_lettered",
  "denied",
  "filled",
  "canceled",
  "rejected",
  "expired",
]);

/** After a long quiet time every approved order has ended, stands at the broker, or is on the desk. */
function nothingLost(world: World): string[] {
  return ourOrders(world)
    .filter(({ state }) => !SETTLED.has(state))
    .map(({ clientOrderId, state }) => `${clientOrderId} is left in ${state}`);
}

function noEndWithoutEvidence(world: World): string[] {
  return ourOrders(world).flatMap((order) => {
    const problem = evidenceProblem(world, order);
    return problem === null ? [] : [`${order.clientOrderId} is ${order.state}, but ${problem}`];
  });
}

function evidenceProblem(world: World, order: Order): string | null {
  const [atBroker] = brokerOrdersOf(world, order.clientOrderId);
  const there = atBroker ? standing(atBroker) : "nowhere";
  const acted = world.byPerson.has(order.clientOrderId);
  if (there === "nowhere" && acted && (order.state === "filled" || order.state === "canceled"))
    return null;
  switch (order.state) {
    case "filled":
    case "expired":
      return there === order.state ? null : `at the broker it is ${there}`;
    case "canceled":
    case "rejected":
      if (there === "nowhere" && world.broker.unanswered.has(order.clientOrderId))
        return "a submit of it was never answered, and the broker never said a word of it";
      return there === "nowhere" || there === order.state ? null : `at the broker it is ${there}`;
    case "dead_lettered":
      return there === "nowhere" ? null : `at the broker it is ${there}`;
    case "new":
    case "replaced":
    case "partially_filled":
      return there === "new" ||
        there === "partially_filled" ||
        // New terms of a stop: it still waits for its trigger.
        (order.state === "replaced" && there === "pending_trigger")
        ? null
        : `at the broker it is ${there}`;
    case "denied":
      return there === "nowhere" ? null : `at the broker it is ${there}`;
    case "pending_trigger":
      return there === "pending_trigger" ? null : `at the broker it is ${there}`;
    case "pending_new":
    case "pending_cancel":
    case "pending_replace":
    case "suspended":
    case "unknown":
      return null;
  }
}

function fillsAgree(world: World): string[] {
  return ourOrders(world).flatMap((order) => {
    // Its fill is the trade that the person named.
    if (world.byPerson.get(order.clientOrderId)?.has("hand")) return [];
    const fills = world.broker.fills.filter((fill) => fill.clientOrderId === order.clientOrderId);
    const filled = fills.reduce((sum, fill) => sum.plus(fill.quantity), decimal(0));
    return filled.eq(order.filledQuantity)
      ? []
      : [`${order.clientOrderId} filled ${filled.toFixed()}, booked ${order.filledQuantity}`];
  });
}
