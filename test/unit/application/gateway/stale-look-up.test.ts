/** A look at the broker that is older than the record: what it shows has been overtaken, and the ledger ends up where the broker does. */
import { expect, test } from "vitest";
import type { OrderPost } from "../../../../src/domain/order.ts";
import { reserved } from "../../../support/orders/lone-ledger.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";

const REJECTED = { kind: "rejected", reason: "margin" } as const;

const streamed = (event: typeof REJECTED) => ({
  kind: "order_event" as const,
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  eventId: "S1",
  event,
  at: START,
});

/** The ledger's order with what it holds back for it, after the gateway's posts. */
async function inLedger(posts: OrderPost[]) {
  const { ledger, calls } = await reserved();
  await calls.post(posts);
  const [holding] = ledger.state().holdings.values();
  return [ledger.store.order("o-1")?.order.state, holding?.sides.buy.quantity.toFixed()];
}

/** The outcome of its submit is unknown, and the broker shows it resting. */
async function unknownOrder(script: Script) {
  script.submit = async () => ({ outcome: "unknown", reason: "no answer" });
  script.orders = [brokerOrderWith()];
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  return run;
}

test("a look that was under way when the broker refused does not revive the order", async () => {
  const script: Script = {};
  const run = await unknownOrder(script);
  let isTold = false;
  Object.defineProperty(script, "executions", {
    // Asked for after the orders: the refusal comes between the two questions.
    get: () => {
      if (!isTold) void run.gateway.onStream(streamed(REJECTED));
      isTold = true;
      script.orders = [brokerOrderWith({ state: "rejected", reason: "margin" })];
      return [];
    },
  });
  for (let round = 0; round < 10; round += 1) {
    run.advance(10_000);
    await run.gateway.watch();
  }

  expect(run.kinds()).toEqual(["outcome_unknown", "rejected"]);
  expect(run.store.order("o-1")).toMatchObject({ record: "rejected", ended: "rejected" });
});

test("an order that lagging records revived and then refuse again ends in the ledger too", async () => {
  const script: Script = {};
  const run = await unknownOrder(script);
  await run.gateway.onStream(streamed(REJECTED));
  // The broker's list still shows it resting, though it was asked after the refusal.
  run.advance(60_000);
  await run.gateway.watch();
  expect(run.store.order("o-1")).toMatchObject({ record: "accepted", ended: null });
  script.orders = [brokerOrderWith({ state: "rejected", reason: "margin" })];
  run.advance(60_000);
  await run.gateway.watch();
  expect(run.store.order("o-1")?.ended).toBe("rejected");

  expect(await inLedger(run.posts)).toEqual(["rejected", "0"]);
});

test("an order whose refusal was wrong twice tells each of its lives under ids of its own", async () => {
  const script: Script = {};
  const run = await unknownOrder(script);
  for (let lives = 0; lives < 2; lives += 1) {
    script.orders = [];
    await run.gateway.onStream(streamed(REJECTED));
    script.orders = [brokerOrderWith()];
    run.advance(60_000);
    await run.gateway.watch();
  }
  expect(run.store.order("o-1")).toMatchObject({ record: "accepted", ended: null });

  const ids = run.posts.map(({ eventId }) => eventId);
  expect(run.kinds().slice(1)).toEqual(["rejected", "accepted", "rejected", "accepted"]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(await inLedger(run.posts)).toEqual(["new", "10"]);
});

test("an acceptance that the stream tells late does not revive what the broker has refused since", async () => {
  const run = await unknownOrder({});
  await run.gateway.onStream(streamed(REJECTED));
  const late = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
  await run.gateway.onStream({ ...streamed(REJECTED), eventId: "S0", event: late });
  await run.gateway.onStream({
    ...streamed(REJECTED),
    eventId: "S2",
    event: { kind: "triggered" },
  });

  expect(run.kinds()).toEqual(["outcome_unknown", "rejected"]);
  expect(run.store.order("o-1")).toMatchObject({ record: "rejected", ended: "rejected" });
});

test("a fill that the stream tells late is true, whatever the broker refused", async () => {
  const run = await unknownOrder({});
  await run.gateway.onStream(streamed(REJECTED));
  const event = { kind: "filled", execution: executionOf("E1", "1") } as const;
  await run.gateway.onStream({ ...streamed(REJECTED), eventId: "S1", event });

  expect(run.kinds()).toEqual(["outcome_unknown", "rejected", "accepted", "filled"]);
});
