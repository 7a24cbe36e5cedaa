import { expect, test } from "vitest";
import type { Caller } from "../../../src/application/caller.ts";
import type { AccountMarket, OrderPorts } from "../../../src/application/order-ports.ts";
import type { IntentFacts, ReserveAnswer } from "../../../src/application/ports.ts";
import { apiError } from "../../../src/application/order-errors.ts";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest, type OrderRequestInput } from "../../../src/contract/orders.ts";
import type { Order, OrderIntent } from "../../../src/domain/order.ts";
import type { Refusal } from "../../../src/domain/risk/refusal.ts";
import { SIMULATED_RULES } from "../../support/orders/broker-faults.ts";
import { approvedWith } from "../../support/orders/scripted.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const ALGO: Caller = { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] };
const ADMIN: Caller = { kind: "person", id: "p", algoId: null, scopes: ["admin"] };

const request = (terms: Partial<OrderRequestInput> = {}) =>
  orderRequest.parse({
    clientOrderId: "o-1",
    instrument: INSTRUMENT.id,
    side: "buy",
    type: "limit",
    quantity: 5,
    limitPrice: 100,
    ...terms,
  });

const ORDER = { clientOrderId: "o-1", state: "new", refusal: null } as Order;

const denied = (code: Refusal["code"], have: string | null = null): ReserveAnswer => ({
  kind: "denied",
  order: null,
  refusal: { code, message: code, scope: "portfolio", limit: null, asked: null, have },
});

const MARK = {
  instrument: INSTRUMENT.id,
  price: 100,
  bid: null,
  ask: null,
  time: 1,
  provider: "x",
};

/** `isApart`: the gateway answers no intent, so that the ledger is asked and the order handed over in two calls. */
function played(
  answers: ReserveAnswer[] = [],
  market: Partial<AccountMarket> = {},
  isApart = false,
) {
  const reserved: { intent: OrderIntent; facts: IntentFacts }[] = [];
  const calls: string[] = [];
  const approved: ReserveAnswer = { kind: "approved", order: ORDER, approved: approvedWith() };
  const accountMarket: AccountMarket = {
    rules: { ...SIMULATED_RULES, timesInForce: ["day", "gtc"] },
    instrument: async (id) => (id === INSTRUMENT.id ? INSTRUMENT : null),
    isOpen: async () => true,
    mark: async () => MARK,
    ...market,
  };
  const decide = (intent: OrderIntent, facts: IntentFacts): ReserveAnswer => {
    reserved.push({ intent, facts });
    return answers.shift() ?? approved;
  };
  const ports = {
    ledger: {
      order: async () => null,
      reserve: async (intent: OrderIntent, facts: IntentFacts) => {
        calls.push("reserve");
        return decide(intent, facts);
      },
    },
    gateway: () => ({
      place: async (intent: OrderIntent, facts: IntentFacts) => {
        if (isApart) throw new Error("the gateway is away");
        const answer = decide(intent, facts);
        if (answer.kind !== "approved") return answer;
        calls.push("place");
        return { kind: "sent", result: { outcome: "not_sent", reason: "again", order: ORDER } };
      },
      submit: async () => {
        calls.push("submit");
        return { outcome: "not_sent", reason: "again", order: ORDER };
      },
      ensure: async () => void calls.push("ensure"),
    }),
    market: (account: string) => (account === "paper" ? accountMarket : null),
    defaultAccount: "paper",
    retries: { send: async () => void calls.push("retry") },
    hasKey: async () => true,
    log: () => {},
  } as unknown as OrderPorts;
  return { ports, reserved, calls };
}

const codeOf = async (answer: ReturnType<typeof submitOrder>): Promise<string> => {
  const result = await answer;
  return result.ok ? "ok" : result.error.code;
};

test("a key trades for its own algo, only an admin for another, and nobody for none", async () => {
  const { ports, reserved } = played();
  expect(await codeOf(submitOrder(ports, ALGO, request(), 1))).toBe("ok");
  expect(reserved[0]?.intent.algoId).toBe("momentum");
  const other = request({ algoId: "other" });
  expect(await codeOf(submitOrder(ports, ALGO, other, 1))).toBe("FORBIDDEN");
  expect(await codeOf(submitOrder(ports, ADMIN, other, 1))).toBe("ok");
  expect(await codeOf(submitOrder(ports, ADMIN, request(), 1))).toBe("BAD_REQUEST");
  const reader: Caller = { ...ALGO, scopes: ["read"] };
  expect(await codeOf(submitOrder(ports, reader, request(), 1))).toBe("FORBIDDEN");
  expect(reserved).toHaveLength(2);
});

test("an account that is not there is named, and the ledger hears nothing", async () => {
  const { ports, reserved } = played();
  const result = await submitOrder(ports, ALGO, request({ account: "nope" }), 1);
  expect(result).toMatchObject({
    ok: false,
    error: { details: { issues: [{ path: "account" }] } },
  });
  expect(reserved).toEqual([]);
});

test("an unknown instrument is the ledger's to refuse, and is named in the answer", async () => {
  const { ports, reserved } = played([denied("INSTRUMENT_UNKNOWN")]);
  const result = await submitOrder(ports, ALGO, request({ instrument: "SIM:NOPE" }), 1);
  expect(reserved[0]?.facts).toMatchObject({ instrument: null, marketOpen: false });
  expect(result).toMatchObject({ ok: false, error: { details: { instruments: ["SIM:NOPE"] } } });
});

const UNREAD = {
  instrument: async () => null,
  unread: async () => apiError("BROKER_SESSION_EXPIRED", "nobody has signed in yet"),
};

test("while the broker's list cannot be read no instrument is called unknown: the order is refused for the true cause, and the ledger hears nothing", async () => {
  const { ports, reserved } = played([], UNREAD);
  expect(await submitOrder(ports, ALGO, request(), 1)).toMatchObject({
    ok: false,
    error: { code: "BROKER_SESSION_EXPIRED", message: "nobody has signed in yet" },
  });
  expect(reserved).toEqual([]);
});

test("an order that was seen before is found also while the broker's list cannot be read", async () => {
  const { ports } = played([{ kind: "existing", order: ORDER }], UNREAD);
  const known = { ...ports, ledger: { ...ports.ledger, order: async () => ORDER } } as OrderPorts;
  expect(await submitOrder(known, ALGO, request(), 1)).toMatchObject({
    ok: true,
    value: { existing: true },
  });
});

test("prices and quantities are rounded only when the caller asks for it", async () => {
  const { ports, reserved } = played();
  const terms = { quantity: 5.9, limitPrice: 100.07 };
  await submitOrder(ports, ALGO, request(terms), 1);
  await submitOrder(ports, ALGO, request({ ...terms, round: true }), 1);
  expect(reserved.map(({ intent }) => [intent.quantity, intent.limitPrice])).toEqual([
    ["5.9", "100.07"],
    ["5", "100.1"],
  ]);
});

test("with a bracket money at risk is measured to its stop as it was rounded, beside a protective stop that was not", async () => {
  const { ports, reserved } = played();
  const bracket = { stopPrice: "95.04", targetPrice: "105" };
  const both = request({ bracket, protectiveStop: "95.04", round: true });
  expect(await codeOf(submitOrder(ports, ALGO, both, 1))).toBe("ok");
  expect(reserved[0]?.intent).toMatchObject({
    protectiveStop: "95",
    bracket: { stopPrice: "95" },
  });
});

test("what the broker's rules forbid is said by name", async () => {
  const { ports, reserved } = played();
  await submitOrder(ports, ALGO, request({ timeInForce: "ioc" }), 1);
  expect(reserved[0]?.facts.brokerRefusal).toContain("ioc");
});

test("a stale price is fetched once; without one the refusal stands", async () => {
  const fresh = played([denied("STALE_PRICE")]);
  expect(await codeOf(submitOrder(fresh.ports, ALGO, request(), 1))).toBe("ok");
  expect(fresh.reserved.map(({ facts }) => facts.mark)).toEqual([null, MARK]);
  const none = played([denied("STALE_PRICE")], { mark: async () => null });
  expect(await codeOf(submitOrder(none.ports, ALGO, request(), 1))).toBe("STALE_PRICE");
  expect(none.reserved).toHaveLength(1);
});

test("an entry whose price cannot be asked for is refused for its stale price, and nothing is thrown", async () => {
  const deaf = played([denied("STALE_PRICE")], {
    mark: async () => {
      throw new Error("the market manager is away");
    },
  });
  expect(await codeOf(submitOrder(deaf.ports, ALGO, request(), 1))).toBe("STALE_PRICE");
  expect(deaf.reserved).toHaveLength(1);
  expect(deaf.calls).toEqual([]);
  // What the ledger passes without a price, as it does an exit, never asks for one.
  const exit = played([], {
    mark: async () => {
      throw new Error("the market manager is away");
    },
  });
  expect(await codeOf(submitOrder(exit.ports, ALGO, request({ reduceOnly: true }), 1))).toBe("ok");
});

test("balances that nobody has read yet are read, and the ledger is asked again; too small ones are not", async () => {
  const unread = played([denied("FUNDS")]);
  expect(await codeOf(submitOrder(unread.ports, ALGO, request(), 1))).toBe("ok");
  expect(unread.calls[0]).toBe("ensure");
  const small = played([denied("FUNDS", "10")]);
  expect(await codeOf(submitOrder(small.ports, ALGO, request(), 1))).toBe("FUNDS");
  expect(small.calls).toEqual([]);
});

test("an order that was not sent goes to the retry queue; a known one is not sent at all", async () => {
  const fresh = played();
  await submitOrder(fresh.ports, ALGO, request(), 1);
  expect(fresh.calls).toEqual(["place", "retry"]);
  const known = played([{ kind: "existing", order: ORDER }]);
  const result = await submitOrder(known.ports, ALGO, request(), 1);
  expect(result).toMatchObject({ ok: true, value: { existing: true } });
  expect(known.calls).toEqual([]);
});

test("where its gateway does not answer, the ledger is asked, and what it approves is handed over once", async () => {
  const away = played([], {}, true);
  expect(await codeOf(submitOrder(away.ports, ALGO, request(), 1))).toBe("ok");
  expect(away.calls).toEqual(["reserve", "submit", "retry"]);
  // The gateway had brought it to the ledger before it went: then it is the gateway's to send, or the sweep's.
  const brought = played([{ kind: "existing", order: ORDER }], {}, true);
  expect(await codeOf(submitOrder(brought.ports, ALGO, request(), 1))).toBe("ok");
  expect(brought.calls).toEqual(["reserve"]);
});

test("keys that cannot be read hold back no way out; an entry waits for them", async () => {
  const { ports, reserved } = played();
  ports.hasKey = () => Promise.reject(new Error("D1_ERROR: no answer"));
  const exit = request({ algoId: "other", side: "sell", reduceOnly: true });
  expect(await codeOf(submitOrder(ports, ADMIN, exit, 1))).toBe("ok");
  expect(reserved[0]?.facts.algoKnown).toBeUndefined();
  const entry = request({ algoId: "other" });
  await expect(submitOrder(ports, ADMIN, entry, 1)).rejects.toThrow("D1_ERROR");
  expect(reserved).toHaveLength(1);
});
