/** A bracket's exit that was proven not sent: its gateway asks for it until it stands, and nothing lays it on the desk. */
import { expect, test } from "vitest";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { submitOrder } from "../../../../src/application/submit-order.ts";
import { orderRequest } from "../../../../src/contract/orders.ts";
import { BRACKET_LOOK_MS, EXIT_TURN_TOLD_MS } from "../../../../src/domain/bracket-limits.ts";
import { ORDER_RETRIES_MAX, ORDER_RETRY_AGE_MS_MAX } from "../../../../src/domain/limits.ts";
import { bareEntry, stop, target } from "../../../support/orders/bare-entry.ts";
import { QUIET } from "../../../support/orders/faults.ts";
import { facts, intent } from "../../../support/orders/lone-ledger.ts";
import { ADMIN } from "../../../support/orders/people.ts";
import { approvedWith, executionOf, START } from "../../../support/orders/scripted.ts";
import { INSTRUMENT, World } from "../../../support/orders/world.ts";

test("half a minute without a connection leaves nothing bare: both exits stand once there is one", async () => {
  const { run, store, connects, pass, told, queued } = await bareEntry();
  await pass(30_000);
  expect(store.order(stop)?.attempt).toBeGreaterThan(ORDER_RETRIES_MAX + 1);
  expect(store.order(target)?.attempt).toBeGreaterThan(ORDER_RETRIES_MAX + 1);
  connects();
  await pass(5_000);
  expect(store.order(stop)).toMatchObject({ record: "accepted", ended: null });
  expect(store.order(target)).toMatchObject({ record: "accepted", ended: null });
  // No message of the queue counts its tries, and the ledger hears of the first.
  expect(queued).toEqual([]);
  const ofStop = run.posts.filter(({ clientOrderId }) => clientOrderId === stop);
  expect(ofStop.map(({ event }) => event.kind)).toEqual(["not_sent", "accepted"]);
  expect(told()).toEqual([`bracket-turn-${stop}`, `bracket-turn-${target}`]);
});

test("people hear once of one that could not be sent for ten seconds, and why", async () => {
  const { run, pass, told } = await bareEntry();
  await pass(EXIT_TURN_TOLD_MS - 1_000);
  expect(told()).toEqual([]);
  await pass(60_000);
  expect(told()).toEqual([`bracket-turn-${stop}`, `bracket-turn-${target}`]);
  expect(run.incidents[0]).toMatchObject({ severity: "critical", title: "No stop for o-1 yet" });
  expect(run.incidents[0]?.message).toContain("no connection");
});

test("it goes however long that took, and after the close it waits for its market", async () => {
  const { run, store, script, connects, pass } = await bareEntry();
  await pass(ORDER_RETRY_AGE_MS_MAX);
  script.isShut = true;
  await pass(5_000);
  const before = run.sent.length;
  connects();
  await pass(10_000);
  expect(run.sent).toHaveLength(before);
  expect(store.order(stop)).toMatchObject({ record: "not_sent", reason: "its market is closed" });
  script.isShut = false;
  await pass(5_000);
  expect(store.order(stop)?.record).toBe("accepted");
});

test("it is not given up while its gateway asks for it, nor where it has not come there yet", async () => {
  const { run, store, calls, connects, pass } = await bareEntry();
  await pass(2_000);
  expect(await run.gateway.giveUpUnsent(stop, "its retries are used up")).toBe(false);
  expect(store.order(stop)?.ended).toBeNull();
  // Reserved by a run that died before it stored a record.
  const exit = { entry: "o-1", pair: 1, leg: "target" } as const;
  const asTarget = { ...intent, clientOrderId: target, side: "sell", reduceOnly: true } as const;
  const asked = { ...asTarget, limitPrice: "105", exit };
  expect((await calls.reserve(asked, facts())).kind).toBe("approved");
  expect(store.order(target)).toBeNull();
  expect(await run.gateway.giveUpUnsent(target, "its retries are used up")).toBe(false);
  connects();
  await pass(BRACKET_LOOK_MS);
  expect(run.sent.filter((id) => id === target)).toEqual([target]);
});

test("one that comes too late, when its pair is closed, is ended without a person", async () => {
  const { run, store, connects, pass } = await bareEntry();
  connects();
  await pass(1_000);
  const known = store.order(stop);
  if (!known) throw new Error("there is no stop");
  const whole = { ...known, filledQuantity: "10", ended: "filled" } as const;
  store.save({ order: whole, posts: [], executions: [] });
  await pass(BRACKET_LOOK_MS);
  const never = approvedWith({
    clientOrderId: "o-1-x",
    exit: { entry: "o-1", pair: 1, leg: "target" },
  });
  const unsent = { ...newRecord("o-1-x", never, START), attempt: 1 };
  store.save({ order: unsent, posts: [], executions: [] });
  expect(await run.gateway.giveUpUnsent("o-1-x", "its retries are used up")).toBe(false);
  expect(store.order("o-1-x")).toMatchObject({ ended: "stopped" });
});

test("one that a run which died had reserved, and that is refused for now, is told and goes later", async () => {
  const { run, store, script, calls, after, connects, pass, told } = await bareEntry();
  after.reserved = () => Promise.reject(new Error("the gateway died here"));
  connects();
  await pass(500);
  after.reserved = async () => {};
  script.isShut = true;
  await pass(2 * BRACKET_LOOK_MS);
  expect(run.sent).toEqual([]);
  expect(told()).toEqual([`bracket-waits-${stop}`]);
  expect((await calls.order(stop))?.state).toBe("pending_new");
  script.isShut = false;
  await pass(20_000);
  expect(store.order(stop)?.record).toBe("accepted");
});

/** Another order of the algo sells all that there is. */
async function goesFlat({ calls }: Pick<Awaited<ReturnType<typeof bareEntry>>, "calls">) {
  const sell = { ...intent, clientOrderId: "s-1", side: "sell" } as const;
  expect((await calls.reserve(sell, facts())).kind).toBe("approved");
  const execution = { ...executionOf("E2", "10"), clientOrderId: "s-1", side: "sell" } as const;
  const event = { kind: "filled", execution } as const;
  await calls.post([{ eventId: "E2", clientOrderId: "s-1", event, at: START }]);
}

test("where its position has gone flat meanwhile it is ended: sent late it would open one", async () => {
  const all = await bareEntry();
  const { run, store, connects, pass } = all;
  await pass(8_000);
  await goesFlat(all);
  const before = run.sent.length;
  connects();
  await pass(10_000);
  expect(run.sent).toHaveLength(before);
  for (const id of [stop, target]) {
    expect(store.order(id)).toMatchObject({ record: "stopped", ended: "stopped" });
    expect(store.order(id)?.reason).toContain("left to close");
  }
});

test("and so is one that a run which died had reserved before that", async () => {
  const all = await bareEntry();
  const { run, store, calls, after, connects, pass } = all;
  after.reserved = () => Promise.reject(new Error("the gateway died here"));
  connects();
  await pass(500);
  after.reserved = async () => {};
  await goesFlat(all);
  await pass(2 * BRACKET_LOOK_MS);
  expect(run.sent).not.toContain(stop);
  expect(store.order(stop)).toMatchObject({ record: "stopped", ended: "stopped" });
  await calls.post(run.posts.filter(({ clientOrderId }) => clientOrderId === stop));
  expect((await calls.order(stop))?.state).toBe("rejected");
});

test("while the ledger is away it is not asked at every moment", async () => {
  const { script, pass } = await bareEntry();
  await pass(10_000);
  let asked = 0;
  script.approved = async () => {
    asked += 1;
    throw new Error("away");
  };
  await pass(10_000);
  expect(asked).toBeLessThanOrEqual(6);
});

test("in the whole platform an outage of half a minute, just when the entry fills, leaves both exits standing", async () => {
  const world = new World(3, 10_000_000);
  const pass = (ms: number) => world.timeline.runUntil(world.timeline.now() + ms);
  await pass(2_000);
  const entry = orderRequest.parse({
    clientOrderId: "o-1",
    algoId: "momentum",
    instrument: INSTRUMENT.id,
    side: "buy",
    type: "stop",
    stopPrice: "101",
    quantity: "10",
    timeInForce: "gtc",
    bracket: { stopPrice: "90", targetPrice: "110" },
  });
  void submitOrder(world.orderPorts(), ADMIN, entry, world.now());
  await pass(500);
  world.setFaults({ ...QUIET, connectFailure: 1 });
  world.broker.exchange.setPrice(INSTRUMENT.id, 101);
  await pass(30_000);
  expect(world.broker.exchange.position(INSTRUMENT.id)).toBe("10");
  expect(world.broker.held.filter(({ order }) => order.clientOrderId !== "o-1")).toEqual([]);
  world.setFaults(QUIET);
  await pass(6_000);
  const stood = world.broker.held.map(({ order }) => order.clientOrderId);
  expect(new Set(stood)).toEqual(new Set(["o-1", stop, target]));
  for (const id of [stop, target])
    expect((await world.ledger.calls().order(id))?.state).not.toBe("dead_lettered");
});
