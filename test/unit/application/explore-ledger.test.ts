import { describe, expect, test } from "vitest";
import type { Caller } from "../../../src/application/caller.ts";
import { explainOrder, orderHistory } from "../../../src/application/explore-ledger.ts";
import { apiError } from "../../../src/application/order-errors.ts";
import type { AccountMarket, OrderPorts } from "../../../src/application/order-ports.ts";
import type { IntentFacts } from "../../../src/application/ports.ts";
import { explainQuery, type ExplainQueryInput } from "../../../src/contract/explorer.ts";
import type { Order, OrderIntent } from "../../../src/domain/order.ts";
import type { CheckExplained, Explanation } from "../../../src/domain/risk/explain.ts";
import type { Mark } from "../../../src/domain/tick.ts";
import { SIMULATED_RULES } from "../../support/orders/broker-faults.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const ALGO: Caller = { kind: "algo", id: "k", algoId: "momentum", scopes: ["read"] };
const READER: Caller = { ...ALGO, algoId: null };
const ADMIN: Caller = { ...ALGO, scopes: ["admin"] };

const query = (terms: Partial<ExplainQueryInput> = {}) =>
  explainQuery.parse({
    instrument: INSTRUMENT.id,
    side: "buy",
    type: "limit",
    quantity: "5",
    limitPrice: "100",
    ...terms,
  });

const said = (...checks: Partial<CheckExplained>[]): Explanation => ({
  version: 1,
  refusedBy: null,
  onlyReduces: false,
  moneyAtRisk: null,
  notional: null,
  checks: checks.map((check) => ({
    code: "FUNDS",
    verdict: "refuses",
    message: null,
    margins: [],
    ...check,
  })),
});

const MARK: Mark = {
  instrument: INSTRUMENT.id,
  price: 100,
  bid: null,
  ask: null,
  time: 1,
  provider: "x",
};

/** Any other call would be one that places or records something: it is not there, so it throws. */
function played(answers: Explanation[] = [], market: Partial<AccountMarket> = {}) {
  const asked: { intent: OrderIntent; facts: IntentFacts }[] = [];
  const calls: string[] = [];
  const accountMarket: AccountMarket = {
    rules: { ...SIMULATED_RULES, timesInForce: ["day"] },
    instrument: async (id) => (id === INSTRUMENT.id ? INSTRUMENT : null),
    isOpen: async () => true,
    mark: async () => {
      calls.push("mark");
      return MARK;
    },
    ...market,
  };
  const ports = {
    ledger: {
      order: async (id: string) => (id === "o-1" ? ({ algoId: "momentum" } as Order) : null),
      history: async (id: string) => ({ items: [id], nextCursor: null }),
      explain: async (intent: OrderIntent, facts: IntentFacts) => {
        asked.push({ intent, facts: { ...facts } });
        return answers.shift() ?? said();
      },
    },
    gateway: () => ({ ensure: async () => void calls.push("ensure") }),
    market: (account: string) => (account === "paper" ? accountMarket : null),
    defaultAccount: "paper",
    log: () => {},
  } as unknown as OrderPorts;
  return { ports, asked, calls };
}

const codeOf = async (answer: Promise<{ ok: boolean; error?: { code: string } }>) => {
  const result = await answer;
  return result.ok ? "ok" : result.error?.code;
};

const noFeed = () => Promise.reject(new Error("the feed is away"));

const stale = () => said({ code: "STALE_PRICE" });

describe("an order's history", () => {
  const page = { limit: 10 };

  test.each([
    ["its own algo's key", ALGO, "o-1", "ok"],
    ["another algo's key", { ...ALGO, algoId: "other" }, "o-1", "UNKNOWN_ORDER"],
    ["another algo's admin", { ...ADMIN, algoId: "other" }, "o-1", "ok"],
    ["a reader of no algo", READER, "o-1", "ok"],
    ["anybody, of no order", ADMIN, "o-2", "UNKNOWN_ORDER"],
  ] as const)("for %s", async (_, caller, id, code) => {
    expect(
      await codeOf(
        orderHistory(played().ports, { ...caller, scopes: [...caller.scopes] }, id, page),
      ),
    ).toBe(code);
  });
});

const notSignedIn = async () => apiError("BROKER_SESSION_EXPIRED", "nobody has signed in yet");

describe("what an order would meet", () => {
  test("an algo asks for itself, an admin or a reader of no algo for any", async () => {
    const { ports, asked } = played();
    expect(await codeOf(explainOrder(ports, ALGO, query(), 1))).toBe("ok");
    const other = query({ algoId: "other" });
    expect(await codeOf(explainOrder(ports, ALGO, other, 1))).toBe("FORBIDDEN");
    expect(await codeOf(explainOrder(ports, READER, query(), 1))).toBe("BAD_REQUEST");
    expect(await codeOf(explainOrder(ports, READER, other, 1))).toBe("ok");
    expect(await codeOf(explainOrder(ports, ADMIN, other, 1))).toBe("ok");
    const away = query({ account: "away" });
    expect(await codeOf(explainOrder(ports, ALGO, away, 1))).toBe("BAD_REQUEST");
    expect(asked.map(({ intent }) => intent.algoId)).toEqual(["momentum", "other", "other"]);
  });

  test("is asked with the facts of a real order, rounded only on request, and without an id", async () => {
    const { ports, asked, calls } = played();
    await explainOrder(ports, ALGO, query({ limitPrice: "100.07", timeInForce: "gtc" }), 1);
    await explainOrder(ports, ALGO, query({ limitPrice: "100.07", round: "true" }), 1);
    expect(asked).toMatchObject([
      {
        intent: { clientOrderId: "", limitPrice: "100.07", reduceOnly: false },
        facts: { instrument: INSTRUMENT, marketOpen: true, brokerRefusal: expect.any(String) },
      },
      { intent: { limitPrice: "100.1" }, facts: { brokerRefusal: null } },
    ]);
    expect(calls).toEqual([]);
  });

  test("while the broker's list cannot be read it says so, and calls no instrument unknown", async () => {
    const { ports, asked } = played([], { instrument: async () => null, unread: notSignedIn });
    expect(await explainOrder(ports, ALGO, query(), 1)).toMatchObject({
      ok: false,
      error: { code: "BROKER_SESSION_EXPIRED", message: "nobody has signed in yet" },
    });
    expect(asked).toEqual([]);
  });

  test("is asked under the lease of the region that asks, which is read afresh where that is over", async () => {
    const over = () => said({ code: "STALE_EPOCH" });
    const lost = played([over()]);
    lost.ports.epoch = async () => 1;
    expect(await explainOrder(lost.ports, ALGO, query(), 1)).toMatchObject({ value: over() });
    expect(lost.asked.map(({ facts }) => facts.epoch)).toEqual([1]);
    const anew = played([over()]);
    anew.ports.epoch = async (fresh) => (fresh ? 3 : 1);
    expect(await explainOrder(anew.ports, ALGO, query(), 1)).toMatchObject({ value: said() });
    expect(anew.asked.map(({ facts }) => facts.epoch)).toEqual([1, 3]);
  });

  test("a stale price is fetched and the ledger asked again, but not for a closed market", async () => {
    const { ports, asked } = played([stale()]);
    await explainOrder(ports, ALGO, query(), 1);
    expect(asked.map(({ facts }) => facts.mark)).toEqual([null, MARK]);
    const closed = played([stale()], { isOpen: async () => false });
    await explainOrder(closed.ports, ALGO, query(), 1);
    expect(closed.calls).toEqual([]);
    for (const mark of [async () => null, noFeed]) {
      const dark = played([stale()], { mark });
      expect(await explainOrder(dark.ports, ALGO, query(), 1)).toMatchObject({ value: stale() });
      expect(dark.asked).toHaveLength(1);
    }
  });

  test("balances that nobody has read are asked for; ones that are too low are not", async () => {
    const margin = { scope: "account:paper", unit: "account", limit: null, asked: "1", room: null };
    const funds = (have: string | null) => said({ margins: [{ ...margin, have } as never] });
    const unread = played([funds(null)]);
    await explainOrder(unread.ports, ALGO, query(), 1);
    expect(unread.calls).toEqual(["ensure"]);
    expect(unread.asked).toHaveLength(2);
    const low = played([funds("0")]);
    await explainOrder(low.ports, ALGO, query(), 1);
    expect(low.calls).toEqual([]);
  });
});
