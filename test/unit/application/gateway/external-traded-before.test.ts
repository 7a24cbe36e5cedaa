/** Orders placed past us that had traded before anything of them could be read here. */
import { expect, test } from "vitest";
import { OPEN_ORDERS_POLL_MS, UNKNOWN_DEADLINE_MS } from "../../../../src/domain/limits.ts";
import { beside, later, piece, resting } from "../../../support/orders/strangers.ts";
import { type Script, START } from "../../../support/orders/scripted.ts";

const half = { state: "partially_filled", filledQuantity: "4" } as const;

const started = async (changes: Partial<Script> = {}) => {
  const script: Script = { orders: [resting(half)], executions: [], ...changes };
  return { script, desk: await beside(script) };
};

test("the whole order stays reserved until the broker's records have settled, then only what it may still trade", async () => {
  const { desk } = await started();
  expect(desk.store.live()).toMatchObject([{ filledQuantity: "0", terms: { quantity: "10" } }]);
  await later(desk);
  await later(desk);
  expect(desk.kinds()).toEqual(["adopted", "replaced"]);
  expect(desk.store.live()).toMatchObject([{ filledQuantity: "0", terms: { quantity: "6" } }]);
});

test("it ends when the rest fills, and nobody is told that its outcome is unknown", async () => {
  const { script, desk } = await started();
  script.executions = [piece("E2", "6", { executedAt: START + 5_000 })];
  script.orders = [resting({ state: "filled", filledQuantity: "10" })];
  await later(desk);
  expect(desk.store.live()).toEqual([]);
  script.orders = [];
  for (let ms = 0; ms <= UNKNOWN_DEADLINE_MS; ms += OPEN_ORDERS_POLL_MS) await later(desk);
  expect(desk.kinds()).not.toContain("dead_lettered");
});

test("it ends when it is canceled", async () => {
  const { script, desk } = await started();
  script.orders = [resting({ state: "canceled", filledQuantity: "4" })];
  await later(desk);
  expect(desk.kinds()).toContain("canceled");
});

test("a trade from before that the broker lists late is booked as a fill of it", async () => {
  const { script, desk } = await started();
  script.executions = [piece("E1", "4", { executedAt: START })];
  await later(desk);
  expect(desk.kinds()).toEqual(["adopted", "filled"]);
  expect(desk.store.live()).toMatchObject([{ filledQuantity: "4", terms: { quantity: "10" } }]);
});

test("new terms that are given at the broker count what was traded before, too", async () => {
  const { script, desk } = await started();
  await later(desk);
  script.orders = [resting({ ...half, quantity: "12" })];
  await later(desk);
  await later(desk);
  expect(desk.store.live()).toMatchObject([{ terms: { quantity: "8" } }]);
});
