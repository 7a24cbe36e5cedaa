/** One seeded run: algos that trade, cancel, change their minds and repeat themselves, through trouble into quiet. */
import { cancelOrder } from "../../../src/application/cancel-order.ts";
import { cancelOrders } from "../../../src/application/cancel-orders.ts";
import type { Caller } from "../../../src/application/caller.ts";
import { closePositions } from "../../../src/application/close-positions.ts";
import { modifyOrder } from "../../../src/application/modify-order.ts";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import { QUIET } from "./faults.ts";
import { cancelInDoubt } from "./in-doubt.ts";
import { breaches, changesOfReconciling } from "./invariants.ts";
import { closeMarket, loseUnlatched, restrict, submitOdd } from "./odd.ts";
import {
  acceptPositions,
  ADMIN,
  halt,
  loseMoney,
  movePrice,
  refuseCancels,
  rejectStorm,
  takeOver,
  workDesk,
} from "./people.ts";
import { TRADES, type AlgoName, type Blow, type PlannedOrder, type Step } from "./plan-steps.ts";
import { planOf, type Plan } from "./plan.ts";
import { placePast } from "./placed-past.ts";
import { World, type Region } from "./world.ts";

const callerOf = (algo: AlgoName): Caller => ({
  kind: "algo",
  id: `key-of-${algo}`,
  algoId: algo,
  scopes: ["trade"],
});

const TROUBLE_MS = 60_000;
/** Longer than every deadline, back-off and sweep. */
const QUIET_MS = 300_000;

export interface Run {
  world: World;
  breaches: string[];
}

export const runScenario = (seed: number): Promise<Run> => runPlan(planOf(seed));

export async function runPlan(plan: Plan): Promise<Run> {
  const world = new World(plan.seed, plan.money);
  const { timeline } = world;
  await timeline.runUntil(timeline.now() + 1_000);
  world.setFaults(plan.faults);
  const answered = new Set<string>();
  for (const step of plan.steps)
    timeline.after(step.at, () => {
      world.trouble.count(step.kind);
      act(world, step, answered);
    });
  await timeline.runUntil(timeline.now() + TROUBLE_MS);
  world.setFaults(QUIET);
  await timeline.runUntil(timeline.now() + QUIET_MS);
  const found = breaches(world, plan, answered);
  return { world, breaches: [...found, ...(await changesOfReconciling(world))] };
}

/** What a caller gets when something on the way throws is an error page: it may ask again. */
const quietly = (call: Promise<unknown>): void => void call.catch(() => {});

function act(world: World, step: Step, answered: Set<string>): void {
  const ports = world.orderPorts();
  switch (step.kind) {
    case "submit":
      return submit(world, step, answered);
    case "submit_old_region":
      return submit(world, step, answered, "primary");
    case "submit_other_body":
      return submitOtherBody(world, step.clientOrderId);
    case "odd":
      return quietly(submitOdd(world, step, answered));
    case "restrict":
      return quietly(restrict(world, step));
    case "market_closed":
      return quietly(closeMarket(world, step.forMs));
    case "unlatched_loss":
      return quietly(loseUnlatched(world, step));
    case "cancel":
      return quietly(cancelOrder(ports, ADMIN, step.clientOrderId, world.now()));
    case "cancel_in_doubt":
      return quietly(cancelInDoubt(world, step.clientOrderId));
    case "modify": {
      const { quantity, limitPrice } = step;
      const changes = { quantity, limitPrice, stopPrice: null };
      return quietly(modifyOrder(ports, ADMIN, step.clientOrderId, changes, world.now()));
    }
    case "cancel_all":
      return quietly(cancelOrders(ports, callerOf(step.algo), {}));
    case "close": {
      const { closeId, cancelOpen, algo } = step;
      const request = { closeId, cancelOpen, instrument: TRADES[algo] };
      return quietly(closePositions(ports, callerOf(algo), request, world.now()));
    }
    case "halt":
      return quietly(halt(world, step));
    case "limit": {
      const { scope, name, value } = step;
      const request = { changes: [{ scope, name, value }], reason: "test" };
      return quietly(world.ledgerPort().setLimits(request, "test"));
    }
    case "loss":
      return quietly(loseMoney(world, step));
    case "reject_storm":
      return quietly(rejectStorm(world, step));
    case "desk":
      return quietly(workDesk(world, step.way));
    case "accept_positions":
      return quietly(acceptPositions(world));
    case "takeover":
      return quietly(takeOver(world));
    case "cancel_refusals":
    case "money":
    case "price":
    case "feed":
    case "external":
    case "external_order":
    case "liquidation":
    case "session_end":
    case "clock_jump":
    case "broker_restart":
    case "gateway_crash":
    case "ledger_eviction":
      return strike(world, step);
  }
}

/** What nobody asks for. */
function strike(world: World, step: Blow): void {
  switch (step.kind) {
    case "cancel_refusals":
      return quietly(refuseCancels(world, step.forMs));
    case "money":
      return world.broker.account.move(step.change);
    case "price":
      return quietly(movePrice(world, step));
    case "feed":
      return world.feed.trouble(step.instrument, step.trouble, step.forMs);
    case "external":
      return void world.broker.exchange.trade({ instrument: "SIM:AAA", ...step });
    case "external_order":
      return placePast(world, step);
    case "liquidation":
      return world.broker.exchange.liquidate(step.instrument, step.hiddenForMs);
    case "session_end":
      return world.broker.exchange.endSession();
    case "clock_jump":
      world.clockAheadMs += step.ms;
      if (step.ms < 0) world.monitor.entries.clockWentBack();
      return;
    case "broker_restart":
      return world.restartBroker(step.forMs);
    case "gateway_crash":
      return world.gateways.crash();
    case "ledger_eviction":
      return world.ledger.evict();
  }
}

const EXITS = {
  buy: { stopPrice: "95", targetPrice: "105" },
  sell: { stopPrice: "105", targetPrice: "95" },
} as const;

/** Stops lie where the price comes from: above it for a buy. */
const STOPS = { buy: "101", sell: "99" } as const;

function submit(
  world: World,
  order: PlannedOrder,
  answered: Set<string>,
  region: Region = world.region,
): void {
  const { clientOrderId, algo, side, quantity, type, timeInForce, reduceOnly } = order;
  const limit = type === "limit" ? "100" : STOPS[side];
  const request = orderRequest.parse({
    clientOrderId,
    instrument: TRADES[algo],
    side,
    type,
    quantity,
    timeInForce,
    reduceOnly,
    ...(type === "limit" || type === "stop_limit" ? { limitPrice: limit } : {}),
    ...(type === "stop" || type === "stop_limit" ? { stopPrice: STOPS[side] } : {}),
    ...(order.bracket ? { bracket: EXITS[side] } : {}),
  });
  const done = submitOrder(world.orderPorts(region), callerOf(algo), request, world.now());
  quietly(done.then(({ ok }) => void (ok && answered.add(clientOrderId))));
}

/** The same id with another body. */
function submitOtherBody(world: World, clientOrderId: string): void {
  const order = { algo: "momentum", side: "buy", quantity: 9, type: "limit" } as const;
  const rest = { timeInForce: "gtc", bracket: false, reduceOnly: false } as const;
  submit(world, { clientOrderId, ...order, ...rest }, new Set());
}
