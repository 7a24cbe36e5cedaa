/** What must hold after every run, whatever went wrong in it. Each breach is a sentence that names the order. */
import { decimal } from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { World } from "./world.ts";

export function breaches(world: World): string[] {
  return [
    ...atMostOneBrokerOrder(world),
    ...nothingLost(world),
    ...noEndWithoutEvidence(world),
    ...fillsAgree(world),
    ...world.ledger.brokenEquations().map((broken) => `ledger equation: ${broken}`),
  ];
}

const brokerOrdersOf = (world: World, clientOrderId: string) =>
  world.broker.held.filter(({ order }) => order.clientOrderId === clientOrderId);

function atMostOneBrokerOrder(world: World): string[] {
  const counts = new Map<string, number>();
  for (const { order } of world.broker.held) {
    const id = order.clientOrderId ?? "";
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([id, count]) => `${id} has ${count} orders at the broker`);
}

/** Where an order may rest: ended, standing at the broker, or on the desk. */
const SETTLED: ReadonlySet<Order["state"]> = new Set([
  "new",
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
  return world.ledger
    .orders()
    .filter(({ state }) => !SETTLED.has(state))
    .map(({ clientOrderId, state }) => `${clientOrderId} is left in ${state}`);
}

function noEndWithoutEvidence(world: World): string[] {
  return world.ledger.orders().flatMap((order) => {
    const problem = evidenceProblem(world, order);
    return problem === null ? [] : [`${order.clientOrderId} is ${order.state}, but ${problem}`];
  });
}

function evidenceProblem(world: World, order: Order): string | null {
  const [atBroker] = brokerOrdersOf(world, order.clientOrderId);
  const there = atBroker?.order.state ?? "nowhere";
  switch (order.state) {
    case "filled":
    case "expired":
      return there === order.state ? null : `at the broker it is ${there}`;
    case "canceled":
    case "rejected":
      return there === "nowhere" || there === order.state ? null : `at the broker it is ${there}`;
    case "dead_lettered":
      return there === "nowhere" ? null : `at the broker it is ${there}`;
    case "new":
    case "replaced":
    case "partially_filled":
      return there === "new" || there === "partially_filled"
        ? null
        : `at the broker it is ${there}`;
    case "denied":
      return there === "nowhere" ? null : `at the broker it is ${there}`;
    case "pending_new":
    case "pending_trigger":
    case "pending_cancel":
    case "pending_replace":
    case "suspended":
    case "unknown":
      return null;
  }
}

function fillsAgree(world: World): string[] {
  return world.ledger.orders().flatMap((order) => {
    const fills = world.broker.fills.filter((fill) => fill.clientOrderId === order.clientOrderId);
    const filled = fills.reduce((sum, fill) => sum.plus(fill.quantity), decimal(0));
    return filled.eq(order.filledQuantity)
      ? []
      : [`${order.clientOrderId} filled ${filled.toFixed()}, booked ${order.filledQuantity}`];
  });
}
