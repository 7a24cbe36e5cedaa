/** Odd orders as they are asked for, and what people lay down for a while. */
import { controlRisk } from "../../../src/application/control-risk.ts";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import { DEFAULT_LIMITS } from "../../../src/domain/risk/default-limits.ts";
import { ADMIN, persist } from "./people.ts";
import type { OddWay } from "./odd-ways.ts";
import type { Step } from "./plan-steps.ts";
import { INSTRUMENT, WATCHED_INSTRUMENT, type World } from "./world.ts";

type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

const PLAIN = {
  instrument: INSTRUMENT.id,
  algoId: "momentum",
  quantity: 1 as number | string,
  limitPrice: "100",
};

/** What each has that other orders have not. */
const ODD: Record<OddWay, Partial<typeof PLAIN>> = {
  off_grid_price: { limitPrice: "100.05" },
  off_grid_quantity: { quantity: "1.5" },
  too_large: { quantity: 5_000 },
  far_price: { limitPrice: "120" },
  unknown_instrument: { instrument: "SIM:ZZZ" },
  unknown_algo: { algoId: "nobody" },
  watched_only: { instrument: WATCHED_INSTRUMENT.id },
  against_the_other: { algoId: "reversal" },
  plain: {},
};

export async function submitOdd(
  world: World,
  { clientOrderId, way, side }: StepOf<"odd">,
  answered: Set<string>,
): Promise<void> {
  const terms = { ...PLAIN, ...ODD[way], clientOrderId, side, type: "limit", timeInForce: "ioc" };
  const request = orderRequest.parse(terms);
  const done = await submitOrder(world.orderPorts(), ADMIN, request, world.now());
  if (done.ok) answered.add(clientOrderId);
}

/** Asleep, paused or blocked, and lifted again. */
export async function restrict(world: World, { scope, forMs }: StepOf<"restrict">): Promise<void> {
  const command = { scope, reason: "test" };
  await persist(world, () =>
    controlRisk(world.orderPorts(), ADMIN, { kind: "restrict", ...command }),
  );
  await world.timeline.sleep(forMs);
  await persist(world, () => controlRisk(world.orderPorts(), ADMIN, { kind: "lift", ...command }));
}

export async function closeMarket(world: World, forMs: number): Promise<void> {
  world.marketOpen = false;
  await world.timeline.sleep(forMs);
  world.marketOpen = true;
}

/** The price runs away under a tight limit whose trip is off: only the check is left. */
export async function loseUnlatched(
  world: World,
  { name, to, forMs }: StepOf<"unlatched_loss">,
): Promise<void> {
  const ledger = world.ledgerPort();
  const set = (value: string): Promise<void> =>
    persist(world, () =>
      ledger.setLimits({ changes: [{ scope: "portfolio", name, value }], reason: "test" }, "test"),
    );
  const change = { trip: name, on: false } as const;
  await persist(world, () =>
    ledger.control({ kind: "trips", request: { changes: [change], reason: "test" } }, "test"),
  );
  await set("1");
  world.broker.exchange.setPrice(INSTRUMENT.id, to);
  await world.timeline.sleep(forMs);
  world.broker.exchange.setPrice(INSTRUMENT.id, 100);
  await set(DEFAULT_LIMITS[name] ?? "50000");
}
