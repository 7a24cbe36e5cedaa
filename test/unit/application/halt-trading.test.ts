/** The kill switch as a use case: what it asks for at what time. */
import { describe, expect, test } from "vitest";
import { controlRisk } from "../../../src/application/control-risk.ts";
import { haltTrading, resumeTrading } from "../../../src/application/halt-trading.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import { KILL_SWITCH_HOLD_MS } from "../../../src/domain/limits.ts";
import type { ApprovedOrder } from "../../../src/domain/order.ts";
import { intent, reserved } from "../../support/orders/lone-ledger.ts";
import { ADMIN } from "../../support/orders/people.ts";
import { executionOf, START } from "../../support/orders/scripted.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const NOW = 1_800_000_000_000;
const YESTERDAY = NOW - 86_400_000;

test("a flatten of a scope that was halted yesterday asks whether its market is open now", async () => {
  const asked: number[] = [];
  const halt = { scope: "portfolio", state: "halted", version: 9, since: YESTERDAY };
  const position = { algoId: "momentum", account: "simulated", quantity: "10" };
  const refusal = { code: "MARKET_CLOSED", message: "closed." };
  const ports = {
    ledger: {
      trip: async () => ({ ...halt, openOrders: 0, toCancel: [], algosStopped: [] }),
      positions: async () => [{ ...position, instrument: INSTRUMENT.id }],
      reserve: async () => ({ kind: "denied", order: null, refusal }),
    },
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => INSTRUMENT,
      isOpen: async (_: unknown, now: number) => void asked.push(now),
    }),
    log: () => {},
  } as unknown as OrderPorts;
  await haltTrading(ports, ADMIN, "portfolio", "out of all", NOW, true);
  expect(asked).toEqual([NOW]);
});

/** A halt whose cancels took long: meanwhile the ledger's own clock has closed what there was. */
function flattenedByLedger(orders: () => Promise<{ items: object[] }>): OrderPorts {
  const halt = { scope: "portfolio", state: "halted", version: 9, since: NOW };
  return {
    ledger: {
      trip: async () => ({ ...halt, openOrders: 0, toCancel: [], algosStopped: [] }),
      positions: async () => [],
      orders,
    },
    log: () => {},
  } as unknown as OrderPorts;
}

const closing = (more: object) => ({
  clientOrderId: "fl-1",
  account: "simulated",
  algoId: "momentum",
  instrument: INSTRUMENT.id,
  state: "filled",
  createdAt: NOW + 1,
  ...more,
});

test("closing orders that the ledger sent meanwhile are in the answer, and no others", async () => {
  const ports = flattenedByLedger(async () => ({
    items: [
      closing({}),
      closing({ clientOrderId: "fl-2", state: "new" }),
      closing({ clientOrderId: "fl-3", state: "denied" }),
      closing({ clientOrderId: "fl-4", createdAt: YESTERDAY }),
      closing({ clientOrderId: "order-1" }),
    ],
  }));
  const answer = await haltTrading(ports, ADMIN, "portfolio", "crash", NOW, true);
  expect(answer).toMatchObject({ ok: true, value: { flattened: 2 } });
});

test("a halt stands and says so, although its closing orders cannot be counted", async () => {
  const ports = flattenedByLedger(async () => {
    throw new Error("the ledger is away");
  });
  const answer = await haltTrading(ports, ADMIN, "portfolio", "crash", NOW, true);
  expect(answer).toMatchObject({ ok: true, value: { state: "halted", flattened: 0 } });
});

const TYPO = "account:simulatedx";

/** One is named that is not there. */
async function mistyped({ orders = [] as object[], positions = [] as object[] } = {}) {
  const run = await reserved();
  const open = { ...run.calls, positions: async () => positions };
  const ports = {
    // The order that is asked about is not on the first page.
    ledger: {
      ...open,
      orders: async ({ cursor }: { cursor?: string }) =>
        cursor ? { items: orders, nextCursor: null } : { items: [], nextCursor: "2" },
    },
    accounts: [intent.account],
    gateway: () => ({ cancel: async () => null }),
    log: () => {},
  } as unknown as OrderPorts;
  const states = () => [...run.ledger.state().tradingStates.keys()];
  return { ports, states };
}

describe("an account that this deployment does not have", () => {
  test("is not halted, and the answer says that there is none", async () => {
    const { ports, states } = await mistyped();
    expect(await haltTrading(ports, ADMIN, TYPO, "stop it now", START)).toMatchObject({
      ok: false,
      error: { code: "BAD_REQUEST", message: "scope: there is no account simulatedx" },
    });
    expect(states()).toEqual([]);
  });

  test.each([
    ["an order", { orders: [{ account: "simulatedx" }] }],
    ["a position", { positions: [{ account: "simulatedx" }] }],
  ])("is halted as long as the ledger has %s under it", async (_what, has) => {
    const { ports, states } = await mistyped(has);
    expect((await haltTrading(ports, ADMIN, TYPO, "stop it now", START)).ok).toBe(true);
    expect(states()).toEqual([TYPO]);
  });

  test("is not said to reduce either, and what was said of it before can be taken back", async () => {
    const { ports, states } = await mistyped();
    const set = (state: "reducing" | "active") =>
      controlRisk(ports, ADMIN, { kind: "trading_state", scope: TYPO, state, reason: "test" });
    expect(await set("reducing")).toMatchObject({ ok: false, error: { code: "BAD_REQUEST" } });
    const before = { ...ports, accounts: ["simulatedx"] };
    await haltTrading(before, ADMIN, TYPO, "it was there", START);
    expect(await set("active")).toMatchObject({ ok: false, error: { code: "TOO_EARLY" } });
    expect(states()).toEqual([TYPO]);
  });

  test("says nothing against an algo or an instrument that has not been heard of yet", async () => {
    const { ports, states } = await mistyped();
    for (const scope of ["algo:next", "instrument:SIM:NEXT"])
      expect((await haltTrading(ports, ADMIN, scope, "not yet", START)).ok).toBe(true);
    expect(states()).toEqual(["algo:next", "instrument:SIM:NEXT"]);
  });
});

/** A ledger that holds what it bought, and a market whose master answers when it is told to. */
async function beforeSlowMaster() {
  const run = await reserved();
  const { clientOrderId } = intent;
  const event = { kind: "filled", execution: executionOf("E1", intent.quantity) } as const;
  await run.calls.post([{ eventId: "E1", clientOrderId, event, at: START }]);
  const submitted: string[] = [];
  const told: string[] = [];
  const asked = Promise.withResolvers<void>();
  const answers = Promise.withResolvers<void>();
  const ports = {
    ledger: { ...run.calls, orders: async () => ({ items: [] }) },
    gateway: () => ({
      submit: async ({ intent: { side, quantity } }: ApprovedOrder) => {
        submitted.push(`${side} ${quantity}`);
        return { outcome: "accepted" };
      },
      cancel: async () => null,
    }),
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => {
        asked.resolve();
        await answers.promise;
        return INSTRUMENT;
      },
      isOpen: async () => true,
    }),
    log: (_level: string, name: string) => void told.push(name),
  } as unknown as OrderPorts;
  return { ...run, ports, submitted, told, asked: asked.promise, answer: answers.resolve };
}

test("nothing is closed under a halt that a person lifted before its closing order was approved", async () => {
  const { ports, advance, mark, submitted, asked, answer } = await beforeSlowMaster();
  const halting = haltTrading(ports, ADMIN, "portfolio", "out of all", START, true);
  await asked;
  advance(KILL_SWITCH_HOLD_MS);
  mark();
  const lifted = await resumeTrading(ports, ADMIN, "portfolio", "keep it");
  expect(lifted).toMatchObject({ ok: true, value: { state: "active" } });
  answer();
  expect(await halting).toMatchObject({ ok: true, value: { flattened: 0 } });
  expect(submitted).toEqual([]);
});

test("what is held is closed under the halt that still stands", async () => {
  const { ports, submitted, answer } = await beforeSlowMaster();
  answer();
  const halted = await haltTrading(ports, ADMIN, "portfolio", "out of all", START, true);
  expect(halted).toMatchObject({ ok: true, value: { flattened: 1 } });
  expect(submitted).toEqual([`sell ${intent.quantity}`]);
});
