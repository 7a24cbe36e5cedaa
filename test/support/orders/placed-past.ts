/** Orders placed at the broker past the platform: how they come and go in a run, and what must hold of them after it. */
import { cancelOrder } from "../../../src/application/cancel-order.ts";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";
import {
  externalOrderId,
  EXTERNAL_PREFIX,
} from "../../../src/domain/reconciliation/synthetic-id.ts";
import { EXTERNAL_ALGO } from "../../../src/domain/risk/external.ts";
import { isOpen, PLACED_PREFIX, type Held } from "./exchange.ts";
import { ACCOUNT } from "./gateway-run.ts";
import { covers } from "./order-sums.ts";
import { ADMIN } from "./people.ts";
import type { PlacedPast } from "./plan-steps.ts";
import type { World } from "./world.ts";

const LIMITS = { buy: "99", sell: "101" } as const;
const STOPS = { buy: "101", sell: "99" } as const;

export function placePast(world: World, placed: PlacedPast): void {
  const { instrument, side, type, fate, afterMs } = placed;
  const { exchange } = world.broker;
  const brokerOrderId = exchange.place({
    clientOrderId: placed.foreignId,
    instrument,
    side,
    type,
    quantity: String(placed.quantity),
    limitPrice: type === "limit" ? LIMITS[side] : null,
    stopPrice: type === "stop" ? STOPS[side] : null,
  });
  const id = externalOrderId(ACCOUNT, brokerOrderId);
  world.timeline.after(afterMs, () => {
    const held = exchange.open(brokerOrderId);
    if (fate === "stands" || !held) return;
    if (fate === "canceled_there") exchange.cancel(held);
    // Whoever finds it here cancels it here, if it is here already.
    else if (fate === "canceled_here")
      cancelOrder(world.orderPorts(), ADMIN, id, world.now()).catch(() => {});
    else {
      const quantity = String(placed.quantity + 2);
      exchange.modify(held, { quantity, limitPrice: null, stopPrice: null });
    }
  });
}

/** What rests at the broker is reserved here, unit for unit, and what has ended there reserves nothing. */
export function placedPastAgree(world: World): string[] {
  const placed = world.broker.held.filter(({ order }) =>
    order.brokerOrderId.startsWith(PLACED_PREFIX),
  );
  const there = new Map(
    placed.map((held) => [externalOrderId(ACCOUNT, held.order.brokerOrderId), held]),
  );
  const unmatched = [...there].flatMap(([id, held]) => differencesOf(world, id, held));
  const leftOver = world.ledger.store
    .orders()
    .filter(({ clientOrderId, state }) => isExternal(clientOrderId) && !isTerminal(state))
    .filter(({ clientOrderId }) => {
      const held = there.get(clientOrderId);
      return !held || !isOpen(held);
    })
    .map(({ clientOrderId, state }) => `${clientOrderId} is ${state}, and rests nowhere`);
  return [...unmatched, ...leftOver, ...underAHalt(world, placed)];
}

/** What rested before a kill switch was thrown, was heard of at whatever time, and still rests under it. */
function underAHalt(world: World, placed: readonly Held[]): string[] {
  // Times of two clocks that jumped against each other say nothing of what came first.
  if (world.clockAheadMs !== 0) return [];
  const halts = [...world.ledger.state().tradingStates.values()].filter(
    ({ state, scope }) => state === "halted" && !scope.startsWith("algo:"),
  );
  return placed.filter(isOpen).flatMap(({ order: { brokerOrderId, instrument }, acceptedAt }) => {
    const where = { algoId: EXTERNAL_ALGO, account: ACCOUNT, instrument };
    const halt = halts.find(({ scope, since }) => covers(scope, where) && acceptedAt < since);
    return halt
      ? [`${brokerOrderId} was placed past us before ${halt.scope} was halted, and rests`]
      : [];
  });
}

const isExternal = (id: string): boolean => id.startsWith(EXTERNAL_PREFIX);

function differencesOf(world: World, id: string, held: Held): string[] {
  const { order } = held;
  const rest = isOpen(held) ? decimal(order.quantity).minus(order.filledQuantity) : ZERO;
  const shares = [...world.ledger.state().holdings.values()].flatMap(({ orders }) => {
    const share = orders.get(id)?.share;
    return share ? [share.quantity] : [];
  });
  const reserved = shares.reduce((sum, quantity) => sum.plus(quantity), ZERO);
  const filled = world.ledger.store.anyOrder(id)?.filledQuantity ?? "0";
  return [
    ...(reserved.eq(rest)
      ? []
      : [`${rest.toFixed()} of ${id} rests at the broker, ${reserved.toFixed()} is reserved`]),
    ...(decimal(filled).eq(order.filledQuantity)
      ? []
      : [`${id} has filled ${order.filledQuantity}, booked ${filled}`]),
    ...(rest.eq(ZERO) || world.gateways.incidents.has(`external-${ACCOUNT}-${order.brokerOrderId}`)
      ? []
      : [`${id} rests at the broker, and nobody was told`]),
  ];
}
