/** One seeded run: algos that trade, cancel, change their minds and repeat themselves, through trouble into quiet. */
import { cancelOrder } from "../../../src/application/cancel-order.ts";
import type { Caller } from "../../../src/application/caller.ts";
import { haltTrading, resumeTrading } from "../../../src/application/halt-trading.ts";
import { modifyOrder } from "../../../src/application/modify-order.ts";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { QUIET } from "./faults.ts";
import { breaches, changesOfReconciling } from "./invariants.ts";
import { planOf, type Plan, type Step } from "./plan.ts";
import { INSTRUMENT, World } from "./world.ts";

const CALLER: Caller = { kind: "algo", id: "key-1", algoId: "momentum", scopes: ["trade"] };
const ADMIN: Caller = { kind: "algo", id: "key-2", algoId: null, scopes: ["admin"] };

const TROUBLE_MS = 60_000;
/** Longer than every deadline, back-off and sweep. */
const QUIET_MS = 300_000;

/** Resets of a halted scope that are tried: a call may fail, or come too early by a clock that jumped. */
const RESETS_MAX = 20;

export interface Run {
  world: World;
  breaches: string[];
}

export const runScenario = (seed: number): Promise<Run> => runPlan(planOf(seed));

export async function runPlan(plan: Plan): Promise<Run> {
  const world = new World(plan.seed);
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
  const found = [...world.monitor.breaches, ...breaches(world, answered)];
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
      return submit(world, step, answered, 1);
    case "submit_other_body":
      return submit(world, { ...step, side: "buy", quantity: 9 }, new Set());
    case "cancel":
      return quietly(cancelOrder(ports, CALLER, step.clientOrderId, world.now()));
    case "modify": {
      const { quantity, limitPrice } = step;
      const changes = { quantity, limitPrice, stopPrice: null };
      return quietly(modifyOrder(ports, CALLER, step.clientOrderId, changes, world.now()));
    }
    case "halt":
      return quietly(halt(world, step.scope, step.forMs));
    case "limit": {
      const changes = [{ scope: "portfolio" as const, name: step.name, value: step.value }];
      return quietly(world.ledgerPort().setLimits({ changes, reason: "test" }, "test"));
    }
    case "external":
      return world.broker.external(step.side, step.quantity);
    case "takeover":
      return world.ledger.takeOver();
    case "clock_jump":
      world.clockAheadMs += step.ms;
      return;
    case "broker_restart":
      return world.restartBroker(step.forMs);
    case "gateway_crash":
      return world.gateways.crash();
    case "ledger_eviction":
      return world.ledger.evict();
  }
}

function submit(
  world: World,
  { clientOrderId, side, quantity }: { clientOrderId: string; side: string; quantity: number },
  answered: Set<string>,
  epoch?: number,
): void {
  const request = orderRequest.parse({
    clientOrderId,
    instrument: INSTRUMENT.id,
    side,
    type: "limit",
    quantity,
    limitPrice: 100,
    timeInForce: "gtc",
  });
  const done = submitOrder(world.orderPorts(epoch), CALLER, request, world.now());
  quietly(done.then(({ ok }) => void (ok && answered.add(clientOrderId))));
}

/** The kill switch, and its reset after a while. */
async function halt(world: World, scope: ScopeText, forMs: number): Promise<void> {
  const ports = world.orderPorts();
  await haltTrading(ports, ADMIN, scope, "test").catch(() => {});
  for (let time = 0; time < RESETS_MAX; time += 1) {
    await world.timeline.sleep(time === 0 ? forMs : 3_000);
    const reset = await resumeTrading(ports, ADMIN, scope, "test").catch(() => null);
    if (reset?.ok || reset?.error.code === "CONFLICT") return;
  }
}
