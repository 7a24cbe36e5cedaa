/** One seeded run: algos that trade, cancel, change their minds and repeat themselves, through trouble into quiet. */
import { cancelOrder } from "../../../src/application/cancel-order.ts";
import type { Caller } from "../../../src/application/caller.ts";
import { modifyOrder } from "../../../src/application/modify-order.ts";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import { breaches } from "./invariants.ts";
import { INSTRUMENT, QUIET, World, type WorldFaults } from "./world.ts";

const CALLER: Caller = { kind: "algo", id: "key-1", algoId: "momentum", scopes: ["trade"] };

/** How much of it happens; each is drawn anew per run, so that runs differ in kind. */
function drawFaults(world: World): WorldFaults {
  const { random } = world;
  const some = (most: number): number => (random.chance(0.4) ? 0 : random.next() * most);
  return {
    broker: {
      connectFailure: some(0.3),
      refusedTryAgain: some(0.3),
      rejected: some(0.1),
      timeoutBefore: some(0.2),
      arrivesLate: some(0.2),
      timeoutAfter: some(0.3),
      queryFails: some(0.5),
      eventLost: some(0.5),
      eventTwice: some(0.5),
      eventLate: some(0.3),
      cancelTrouble: some(0.6),
    },
    crash: some(0.05),
    ledgerFails: some(0.1),
    carrierDies: some(0.2),
    messageLost: some(0.3),
    messageTwice: some(0.3),
  };
}

const TROUBLE_MS = 60_000;
/** Longer than every deadline, back-off and sweep. */
const QUIET_MS = 600_000;

export interface Run {
  world: World;
  breaches: string[];
}

export async function runScenario(seed: number): Promise<Run> {
  const world = new World(seed);
  const { random, timeline } = world;
  await timeline.runUntil(timeline.now() + 1_000);
  world.setFaults(drawFaults(world));
  const late: string[] = [];
  const orders = random.between(3, 12);
  for (let number = 1; number <= orders; number += 1) planOrder(world, `order-${number}`);
  if (random.chance(0.4)) planHalt(world, late);
  await timeline.runUntil(timeline.now() + TROUBLE_MS);
  world.setFaults(QUIET);
  await timeline.runUntil(timeline.now() + QUIET_MS);
  return { world, breaches: [...breaches(world), ...late] };
}

/** What a caller gets when something on the way throws is an error page: it may ask again. */
const quietly = (call: Promise<unknown>): void => void call.catch(() => {});

function planOrder(world: World, clientOrderId: string): void {
  const { random, timeline } = world;
  const ports = world.orderPorts();
  const request = orderRequest.parse({
    clientOrderId,
    instrument: INSTRUMENT.id,
    side: random.pick(["buy", "sell"]),
    type: "limit",
    quantity: random.between(1, 5),
    limitPrice: 100,
    timeInForce: "gtc",
  });
  const start = random.between(0, 20_000);
  const times = random.chance(0.3) ? 2 : 1;
  for (let time = 0; time < times; time += 1)
    timeline.after(start + time * random.between(0, 3_000), () =>
      quietly(submitOrder(ports, CALLER, request, timeline.now())),
    );
  if (random.chance(0.4))
    timeline.after(start + random.between(0, 15_000), () =>
      quietly(cancelOrder(ports, CALLER, clientOrderId, timeline.now())),
    );
  if (random.chance(0.2)) {
    const changes = { quantity: null, limitPrice: "99.9", stopPrice: null };
    timeline.after(start + random.between(500, 10_000), () =>
      quietly(modifyOrder(ports, CALLER, clientOrderId, changes, timeline.now())),
    );
  }
}

/** The kill switch: once it has answered, nothing new may leave until the reset. */
function planHalt(world: World, late: string[]): void {
  const { random, timeline, broker, ledger } = world;
  const gateway = world.gatewayPort();
  timeline.after(random.between(2_000, 25_000), () => {
    const halted = async (): Promise<void> => {
      const { version, open } = ledger.setTradingState("algo:momentum", "halted");
      await gateway.halt("algo:momentum", version);
      const sentBefore = broker.sent.length;
      for (const { clientOrderId } of open) {
        ledger.requestCancel(clientOrderId, "test");
        quietly(world.orderPorts().gateway("").cancel(clientOrderId));
      }
      await timeline.sleep(random.between(1_000, 20_000));
      for (const { clientOrderId } of broker.sent.slice(sentBefore))
        late.push(`${clientOrderId} left although the kill switch was on`);
      const resumed = ledger.setTradingState("algo:momentum", "active");
      await gateway.resume("algo:momentum", resumed.version);
    };
    quietly(halted());
  });
}
