/** What people do in a run, and what makes them: the kill switch and its reset, losses, a storm, the desk. */
import type { Caller } from "../../../src/application/caller.ts";
import { controlRisk } from "../../../src/application/control-risk.ts";
import { haltTrading, resumeTrading } from "../../../src/application/halt-trading.ts";
import { retryDeadLetter } from "../../../src/application/retry-dead-letter.ts";
import { discardDeadLetter, executeDeadLetter } from "../../../src/application/work-dead-letter.ts";
import type { Order } from "../../../src/domain/order.ts";
import { DEFAULT_LIMITS } from "../../../src/domain/risk/default-limits.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { standing } from "./exchange.ts";
import { ACCOUNT } from "./gateway-run.ts";
import type { Step } from "./plan-steps.ts";
import { INSTRUMENTS, type World } from "./world.ts";

type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

export const ADMIN: Caller = { kind: "algo", id: "key-admin", algoId: null, scopes: ["admin"] };
const PERSON: Caller = { kind: "person", id: "ann", algoId: null, scopes: ["admin"] };

/** Resets of a halted scope that are tried: a call may fail, or come too early by a clock that jumped. */
const RESETS_MAX = 20;
const ALGOS = ["momentum", "reversal"] as const;

/** The kill switch, and its reset after a while. */
export async function halt(world: World, { scope, forMs, flatten }: StepOf<"halt">): Promise<void> {
  world.monitor.mayHalt(scope);
  await haltTrading(world.orderPorts(), ADMIN, scope, "test", world.now(), flatten).catch(() => {});
  await world.timeline.sleep(forMs);
  await resume(world, scope);
}

/** Trading begins again, for the algos, too. */
async function resume(world: World, scope: ScopeText): Promise<void> {
  const { timeline } = world;
  for (let time = 0; time < RESETS_MAX; time += 1) {
    const reset = await resumeTrading(world.orderPorts(), ADMIN, scope, "test").catch(() => null);
    if (reset?.ok || reset?.error.code === "CONFLICT") break;
    await timeline.sleep(3_000);
  }
  for (const algo of ALGOS)
    await persist(world, () =>
      controlRisk(world.orderPorts(), ADMIN, {
        kind: "lift",
        scope: `algo:${algo}`,
        reason: "test",
      }),
    );
}

/** Whoever gets an error page asks again, a few times. */
export async function persist(world: World, call: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < 5; time += 1)
    try {
      await call();
      return;
    } catch {
      await world.timeline.sleep(1_000);
    }
}

/** The standby takes the lease, and its Workers answer from then on. */
export async function takeOver(world: World): Promise<void> {
  const command = { kind: "take_lease", region: "standby", reason: "test" } as const;
  await persist(world, () => controlRisk(world.orderPorts(), ADMIN, command));
  world.region = "standby";
}

/** The price runs away under a tight limit on the loss, and comes back. */
export async function loseMoney(world: World, step: StepOf<"loss">): Promise<void> {
  const { scope, instrument, limit, to, forMs, flatten } = step;
  const set = (value: string): Promise<void> =>
    persist(world, () =>
      world
        .ledgerPort()
        .setLimits({ changes: [{ scope, name: "dailyLoss", value }], reason: "test" }, "test"),
    );
  world.monitor.mayTrip("dailyLoss", scope);
  const changes = [{ trip: "dailyLoss" as const, flatten: true }];
  if (flatten)
    await persist(world, () =>
      world.ledgerPort().control({ kind: "trips", request: { changes, reason: "test" } }, "test"),
    );
  await set(limit);
  world.broker.exchange.setPrice(instrument, to);
  await world.timeline.sleep(forMs);
  world.broker.exchange.setPrice(instrument, 100);
  await set(DEFAULT_LIMITS.dailyLoss ?? "50000");
  await resume(world, scope);
}

/** The price goes somewhere else and comes back, and takes along whatever stop it meets. */
export async function movePrice(
  world: World,
  { instrument, to, forMs }: StepOf<"price">,
): Promise<void> {
  world.broker.exchange.setPrice(instrument, to);
  await world.timeline.sleep(forMs);
  world.broker.exchange.setPrice(instrument, 100);
}

/** The broker refuses everything, and the trip is set to see it soon. */
export async function rejectStorm(
  world: World,
  { count, forMs }: StepOf<"reject_storm">,
): Promise<void> {
  const scopes: ScopeText[] = [
    ...ALGOS.map((algo): ScopeText => `algo:${algo}`),
    // What a flatten closes of what was traded past us.
    "algo:external",
    `account:${ACCOUNT}`,
  ];
  for (const scope of scopes) world.monitor.mayTrip("rejectStorm", scope, count);
  const change = { trip: "rejectStorm", bounds: { count, windowMs: 30_000 } } as const;
  await persist(world, () =>
    world
      .ledgerPort()
      .control({ kind: "trips", request: { changes: [change], reason: "test" } }, "test"),
  );
  world.broker.refusesAll = true;
  await world.timeline.sleep(forMs);
  world.broker.refusesAll = false;
  for (const scope of scopes) await resume(world, scope);
}

/** The broker cancels nothing for a while. */
export async function refuseCancels(world: World, forMs: number): Promise<void> {
  world.broker.refusesCancels = true;
  await world.timeline.sleep(forMs);
  world.broker.refusesCancels = false;
}

/** A person who has looked at the broker themselves works on what is really not there. */
export async function workDesk(world: World, way: "hand" | "discard" | "retry"): Promise<void> {
  const letters = world.ledger.store.orders().filter(({ state }) => state === "dead_lettered");
  for (const order of letters) {
    const { clientOrderId } = order;
    const there = world.broker.held.some(
      (held) => held.order.clientOrderId === clientOrderId && standing(held) !== "nowhere",
    );
    // A retry is for whoever cannot look: it has to be safe by itself.
    if (there && way !== "retry") continue;
    const done = world.byPerson.get(clientOrderId) ?? new Set();
    world.byPerson.set(clientOrderId, done.add(way));
    world.trouble.count(`desk_${way}`);
    await persist(world, await handling(world, way, order));
  }
}

async function handling(
  world: World,
  way: "hand" | "discard" | "retry",
  order: Order,
): Promise<() => Promise<unknown>> {
  const { clientOrderId, instrument, side } = order;
  switch (way) {
    case "discard":
      return () => discardDeadLetter(world.orderPorts(), clientOrderId, "ann", "not wanted");
    case "retry":
      return () =>
        retryDeadLetter(world.orderPorts(), PERSON, clientOrderId, "once more", world.now());
    case "hand": {
      const most = Number(order.quantity) - Number(order.filledQuantity);
      const quantity = world.random.between(1, most);
      const brokerOrderId = world.broker.exchange.trade({ instrument, side, quantity });
      const claim = { brokerOrderId, quantity: String(quantity), price: "100" };
      return () =>
        executeDeadLetter(world.orderPorts(), clientOrderId, {
          ...claim,
          by: "ann",
          reason: "by telephone",
        });
    }
  }
}

/** Frozen instruments trade again. */
export async function acceptPositions(world: World): Promise<void> {
  const instruments = INSTRUMENTS.map(({ id }) => id);
  await persist(world, () => world.gateways.port().unfreeze(instruments, "ann"));
  for (const id of instruments)
    await persist(world, () =>
      controlRisk(world.orderPorts(), ADMIN, {
        kind: "trading_state",
        scope: `instrument:${id}`,
        state: "active",
        reason: "accepted",
      }),
    );
}
