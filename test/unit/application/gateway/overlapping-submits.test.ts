/** News without our id waits for the submits in flight when it came, and for no later one. */
import { expect, test } from "vitest";
import { ID } from "../../../support/orders/strangers.ts";
import type { SubmitOutcome } from "../../../../src/brokers/broker.ts";
import type { PositionView } from "../../../../src/contract/orders.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";

const settled = async () => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
};

/** Each submit is answered when the test says so, the oldest first, as broker order N1, N2 … */
function overlapping(script: Script) {
  const answers: ((outcome: SubmitOutcome) => void)[] = [];
  let answered = 0;
  script.submit = () => new Promise((resolve) => answers.push(resolve));
  const run = scripted(script);
  return {
    ...run,
    send: async (clientOrderId: string) => {
      void run.gateway.submit(approvedWith({ clientOrderId }), 1);
      await settled();
    },
    answer: async (brokerOrderId = `N${answered + 1}`) => {
      answered += 1;
      answers.shift()?.({ outcome: "accepted", brokerOrderId, pendingTrigger: false });
      await settled();
    },
  };
}

const external = (id: string, quantity: string, brokerOrderId = "X1") => ({
  ...executionOf(id, quantity),
  clientOrderId: "",
  brokerOrderId,
});

const told = (id: string, quantity: string, brokerOrderId = "X1") => ({
  kind: "order_event" as const,
  clientOrderId: null,
  brokerOrderId,
  eventId: id,
  event: { kind: "filled" as const, execution: external(id, quantity, brokerOrderId) },
  at: START,
});

const fillsOf = (run: { posts: { event: { kind: string }; clientOrderId: string }[] }) =>
  run.posts.filter(({ event }) => event.kind === "filled").map((each) => each.clientOrderId);

test("an external fill is booked as soon as the submits that it came among are answered", async () => {
  const run = overlapping({});
  await run.send("a");
  await run.send("b");
  await run.gateway.onStream(told("E1", "4"));
  await run.send("c");
  // More of it, while a later one is in flight: it waits no longer than the first.
  await run.gateway.onStream(told("E2", "3"));
  await run.answer();
  await run.gateway.watch();
  expect(fillsOf(run)).toEqual([]);
  await run.answer();
  await run.gateway.watch();
  expect(fillsOf(run)).toEqual([ID, ID]);
  await run.gateway.onStream(told("E3", "1"));
  await run.gateway.watch();
  expect(fillsOf(run)).toHaveLength(3);
});

test("a fill that beat its own answer is laid to its order, however many are in flight", async () => {
  const run = overlapping({});
  await run.send("a");
  await run.send("b");
  await run.gateway.onStream(told("E1", "10", "N2"));
  await run.send("c");
  await run.answer("N1");
  await run.answer("N2");
  await run.gateway.watch();
  expect(fillsOf(run)).toEqual(["b"]);
});

test("an order that rests past the platform is adopted while submits overlap", async () => {
  const script: Script = {};
  const run = overlapping(script);
  await run.send("a");
  script.orders = [brokerOrderWith({ brokerOrderId: "X1", clientOrderId: null })];
  for (let round = 0; round < 6; round += 1) {
    run.advance(5_000);
    await run.gateway.watch();
    await run.send(`b${round}`);
    await run.answer();
  }
  expect(run.kinds()).toContain("adopted");
});

test("positions that were not compared are not said to agree, and are compared soon", async () => {
  const script: Script = {};
  const run = overlapping(script);
  script.brokerPositions = () => [{ instrument: "SIM:AAA", quantity: "7", averagePrice: "100" }];
  await run.send("a");
  await run.gateway.onStream(told("E1", "7"));
  run.advance(60_000);
  await run.gateway.watch();
  const positions = async () =>
    (await run.gateway.reconciliation(true)).checks.find(({ kind }) => kind === "positions");
  expect(await positions()).toMatchObject({
    result: "not_run",
    message: expect.stringMatching(/^not compared/),
    nextRunAt: START + 65_000,
  });

  const ours: PositionView[] = [];
  script.ledgerPositions = () => ours;
  script.brokerPositions = () => [];
  await run.answer();
  run.advance(5_000);
  await run.gateway.watch();
  expect(await positions()).toMatchObject({ result: "ok", nextRunAt: START + 125_000 });
});
