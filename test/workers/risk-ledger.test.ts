import { evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IntentFacts, ReserveAnswer, RiskLedgerPort } from "../../src/application/ports.ts";
import type { OrderIntent } from "../../src/domain/order.ts";
import { riskLedger } from "../../src/platform/objects.ts";
import {
  acceptedAs,
  factsWith,
  fillOf,
  intentWith,
  markOf,
  postOf,
} from "../support/ledger/samples.ts";

const ledger = (): RiskLedgerPort => riskLedger(env, "main");

const evict = () => evictDurableObject(env.RISK_LEDGER.getByName("main"));

const facts = (changes: Partial<IntentFacts> = {}): IntentFacts => ({
  ...factsWith(),
  mark: markOf(Date.now()),
  ...changes,
});

const reserve = (intent: OrderIntent): Promise<ReserveAnswer> => ledger().reserve(intent, facts());

beforeEach(async () => {
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(() => reset());

describe("reserve", () => {
  test("lesson 27: 200 concurrent intents against a limit that admits 7 give exactly 7 orders", async () => {
    const value = "7000";
    const changes = [{ scope: "algo:algo-a", name: "moneyAtRiskAlgo" as const, value }];
    await ledger().setLimits({ changes, reason: "for the test" }, "person");
    const answers = await Promise.all(Array.from({ length: 200 }, () => reserve(intentWith())));
    const kinds = answers.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "approved")).toHaveLength(7);
    const refusals = answers.flatMap((each) => (each.kind === "denied" ? [each.refusal.code] : []));
    expect(new Set(refusals)).toEqual(new Set(["MONEY_AT_RISK_ALGO"]));
    expect((await ledger().status()).moneyAtRisk).toBe("7000");
  });

  test("the same intent twice is one order, and nothing to send the second time", async () => {
    const intent = intentWith();
    const first = await reserve(intent);
    const second = await reserve(intent);
    expect(first.kind).toBe("approved");
    expect(second).toEqual({ kind: "existing", order: first.kind === "approved" && first.order });
    expect((await ledger().status()).openOrders).toBe(1);
  });

  test("the same id with another body is refused and leaves the order alone", async () => {
    const intent = intentWith();
    await reserve(intent);
    const other = await reserve({ ...intent, quantity: "11" });
    expect(other).toMatchObject({ kind: "denied", order: null });
    expect(other.kind === "denied" && other.refusal.code).toBe("DUPLICATE_INTENT");
    expect(await ledger().order(intent.clientOrderId)).toMatchObject({ quantity: "10" });
  });

  test("without a price it asks for one, and the same intent with a price passes", async () => {
    const intent = intentWith();
    const asked = await ledger().reserve(intent, facts({ mark: null }));
    expect(asked).toMatchObject({ kind: "denied", order: null, refusal: { code: "STALE_PRICE" } });
    expect((await reserve(intent)).kind).toBe("approved");
  });

  test("of a flood of denials one is an order, and each id stays refused, also after an eviction", async () => {
    const changes = [{ scope: "algo:algo-a", name: "orderNotional" as const, value: "1" }];
    await ledger().setLimits({ changes, reason: "for the test" }, "person");
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    const intents = Array.from({ length: 20 }, () => intentWith());
    for (const intent of intents) expect((await reserve(intent)).kind).toBe("denied");
    expect((await ledger().orders({ state: "denied", limit: 50 })).items).toHaveLength(1);
    await ledger().setLimits(
      { changes: changes.map((each) => ({ ...each, value: "100000" })), reason: "for the test" },
      "person",
    );
    await evict();
    for (const intent of intents) {
      const again = await reserve(intent);
      expect(again).toMatchObject({ kind: "existing", order: { state: "denied" } });
      expect(await ledger().order(intent.clientOrderId)).toMatchObject({
        refusal: { code: "ORDER_NOTIONAL" },
      });
    }
    expect((await reserve(intentWith())).kind).toBe("approved");
    vi.useRealTimers();
  });

  test("a denied intent is seen as an order", async () => {
    const intent = intentWith({ limitPrice: "100.001" });
    const answer = await reserve(intent);
    expect(answer).toMatchObject({ kind: "denied", order: { state: "denied" } });
    expect(await ledger().order(intent.clientOrderId)).toMatchObject({
      state: "denied",
      refusal: { code: "PRICE_OFF_GRID" },
    });
    const again = await reserve(intent);
    expect(again).toMatchObject({ kind: "existing", order: { state: "denied" } });
  });
});

describe("post", () => {
  test("lesson 30: a fill is booked once, whatever is sent twice", async () => {
    const intent = intentWith();
    await reserve(intent);
    const id = intent.clientOrderId;
    const fill = fillOf(intent, "4", "99.5");
    const post = postOf(id, fill, Date.now());
    await ledger().post([postOf(id, acceptedAs("b-1"), Date.now()), post, post]);
    const [order] = await ledger().post([postOf(id, fill, Date.now())]);
    expect(order).toMatchObject({
      state: "partially_filled",
      filledQuantity: "4",
      averagePrice: "99.5",
      brokerOrderId: "b-1",
    });
    expect(await ledger().positions()).toMatchObject([{ quantity: "4", averagePrice: "99.5" }]);
  });

  test("an eviction between any two steps changes no result", async () => {
    const run = async (between: () => Promise<void>) => {
      const intent = intentWith({ clientOrderId: "the-same" });
      await reserve(intent);
      await between();
      await ledger().post([postOf("the-same", acceptedAs("b-1"), 1)]);
      await between();
      await ledger().post([
        postOf("the-same", fillOf(intent, "4", "99", { executionId: "e1" }), 2),
      ]);
      await between();
      const kinds = [];
      for (const quantity of ["10", "11"])
        kinds.push((await reserve({ ...intent, quantity })).kind);
      await between();
      await ledger().post([postOf("the-same", { kind: "canceled", reason: "asked" }, 3)]);
      await between();
      // A late fill after the cancel, of an order that memory has dropped.
      await ledger().post([
        postOf("the-same", fillOf(intent, "1", "98", { executionId: "e2" }), 4),
      ]);
      await between();
      const order = await ledger().order("the-same");
      // After an eviction a price is heard again before it is shown.
      const positions = (await ledger().positions()).map((held) => ({
        ...held,
        markPrice: null,
        unrealisedProfit: null,
      }));
      const exposure = await ledger().exposure();
      const { version, ...status } = await ledger().status();
      await reset();
      return {
        kinds,
        // Two runs begin at different moments; a post of an earlier time moves neither back.
        order: { ...order, createdAt: 0, updatedAt: 0 },
        positions,
        exposure,
        status: { ...status, outbox: 0 },
        version,
      };
    };
    const plain = await run(async () => {});
    await ledger().recordBalances(
      "paper",
      [{ currency: "USD", total: "1000000", available: "1000000" }],
      Date.now(),
    );
    const evicted = await run(evict);
    expect(evicted).toEqual(plain);
    expect(plain.order).toMatchObject({ state: "canceled", filledQuantity: "5" });
    expect(plain.kinds).toEqual(["existing", "denied"]);
  });
});
