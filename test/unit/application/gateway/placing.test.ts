/** Intents that come straight to their gateway: decided by the ledger, several in a call, then sent once or not at all. */
import { expect, test } from "vitest";
import type { IntentFacts, ReserveAsk, ReservedOne } from "../../../../src/application/ports.ts";
import type { OrderIntent } from "../../../../src/domain/order.ts";
import { approvedWith, scripted } from "../../../support/orders/scripted.ts";

const FACTS: IntentFacts = {
  instrument: null,
  marketOpen: true,
  brokerRefusal: null,
  mark: null,
};

const intentWith = (terms: Partial<OrderIntent> = {}): OrderIntent => approvedWith(terms).intent;

const approve = ({ intent }: ReserveAsk): ReservedOne => ({
  kind: "approved",
  approved: approvedWith(intent),
});

function desk(answer: (ask: ReserveAsk) => ReservedOne = approve) {
  const calls: string[][] = [];
  const reserveAll = async (asks: ReserveAsk[]): Promise<ReservedOne[]> => {
    calls.push(asks.map(({ intent }) => intent.clientOrderId));
    return asks.map(answer);
  };
  return { ...scripted({ reserveAll }), calls };
}

test("intents that come together are decided in one call, and each that is approved is sent once", async () => {
  const { gateway, calls, sent } = desk();
  const ids = ["a", "b", "c"];
  const placed = await Promise.all(
    ids.map((clientOrderId) => gateway.place(intentWith({ clientOrderId }), FACTS)),
  );
  expect(calls).toEqual([ids]);
  expect(sent).toEqual(ids);
  expect(placed.map((each) => each.kind === "sent" && each.result.order.clientOrderId)).toEqual(
    ids,
  );
});

test("more than a call takes go in several", async () => {
  const { gateway, calls } = desk();
  const ids = Array.from({ length: 250 }, (_, number) => `n-${number}`);
  await Promise.all(
    ids.map((clientOrderId) => gateway.place(intentWith({ clientOrderId }), FACTS)),
  );
  expect(calls.map(({ length }) => length)).toEqual([100, 100, 50]);
});

test("what the ledger denied, has seen before, or could not decide is not sent, and leaves no record", async () => {
  const order = { ...intentWith(), state: "new" } as never;
  const refusal = { code: "ORDER_NOTIONAL", have: null } as never;
  for (const answer of [
    { kind: "existing", order },
    { kind: "denied", order: null, refusal },
  ] as const) {
    const { gateway, sent, store } = desk(() => answer);
    expect(await gateway.place(intentWith(), FACTS)).toEqual(answer);
    expect(sent).toEqual([]);
    expect(store.order("o-1")).toBeNull();
  }
  const { gateway, sent, store } = desk(() => ({ kind: "failed", reason: "no such holding" }));
  await expect(gateway.place(intentWith(), FACTS)).rejects.toThrow("no such holding");
  expect(sent).toEqual([]);
  expect(store.order("o-1")).toBeNull();
});

test("one that the ledger could not decide does not hold up the ones beside it", async () => {
  const { gateway, sent } = desk((ask) =>
    ask.intent.clientOrderId === "bad" ? { kind: "failed", reason: "broken" } : approve(ask),
  );
  const [bad, good] = await Promise.allSettled(
    ["bad", "good"].map((clientOrderId) => gateway.place(intentWith({ clientOrderId }), FACTS)),
  );
  expect([bad?.status, good?.status]).toEqual(["rejected", "fulfilled"]);
  expect(sent).toEqual(["good"]);
});

test("a ledger that is away is told to each caller, nothing is sent, and the next intent asks anew", async () => {
  let isAway = true;
  const { gateway, sent } = scripted({
    reserveAll: async (asks) => {
      if (isAway) throw new Error("away");
      return asks.map(approve);
    },
  });
  await expect(gateway.place(intentWith(), FACTS)).rejects.toThrow("away");
  expect(sent).toEqual([]);
  isAway = false;
  expect((await gateway.place(intentWith(), FACTS)).kind).toBe("sent");
  expect(sent).toEqual(["o-1"]);
});

test("an intent for another account is a bug, and the ledger hears nothing of it", async () => {
  const { gateway, calls } = desk();
  await expect(gateway.place(intentWith({ account: "other" }), FACTS)).rejects.toThrow("other");
  expect(calls).toEqual([]);
});
