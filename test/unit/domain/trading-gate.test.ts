import { describe, expect, test } from "vitest";
import type { ReservedOrder } from "../../../src/domain/order.ts";
import { foldHalt, stopReason, type Halt } from "../../../src/domain/trading-gate.ts";

const order: ReservedOrder = {
  intent: {
    clientOrderId: "o-1",
    algoId: "momentum",
    account: "paper",
    instrument: "NSE:INFY",
    side: "buy",
    type: "market",
    quantity: "1",
    limitPrice: null,
    stopPrice: null,
    timeInForce: "day",
    protectiveStop: null,
    reduceOnly: false,
  },
  ledgerVersion: 10,
  epoch: 3,
  approvedAt: 0,
};

const halt = (scope: string, changes: Partial<Halt> = {}): Halt => ({
  scope,
  haltVersion: 5,
  version: 5,
  halted: true,
  ...changes,
});

const over = (haltVersion: number): Halt[] => [halt("portfolio", { halted: false, haltVersion })];

/** A person has lifted it at this version. */
const lifted = (version: number): Halt[] => [
  halt("portfolio", { halted: false, haltVersion: 5, version }),
];

describe("a halt", () => {
  test.each(["portfolio", "account:paper", "algo:momentum", "instrument:NSE:INFY"])(
    "of %s stops the order, also one that was approved later",
    (scope) => {
      expect(stopReason(order, [halt(scope)], 3)).toContain(scope);
    },
  );

  test.each(["account:other", "algo:other", "instrument:NSE:TCS"])(
    "of %s does not concern it",
    (scope) => {
      expect(stopReason(order, [halt(scope)], 3)).toBeNull();
    },
  );

  test("lets a flatten go that was approved after it, and none from before", () => {
    const flatten: ReservedOrder = { ...order, flattens: true };
    expect(stopReason(flatten, [halt("portfolio", { haltVersion: 9 })], 3)).toBeNull();
    expect(stopReason(flatten, [halt("portfolio", { haltVersion: 10 })], 3)).toContain("portfolio");
  });

  test("that is over stops a flatten that was approved under it and had not left, and none from after it", () => {
    const flatten: ReservedOrder = { ...order, flattens: true };
    expect(stopReason(flatten, lifted(11), 3)).toContain("portfolio");
    expect(stopReason(flatten, lifted(9), 3)).toBeNull();
    expect(stopReason(order, lifted(11), 3)).toBeNull();
  });

  test("with a scope that cannot be read stops everything", () => {
    expect(stopReason(order, [halt("nonsense")], 3)).not.toBeNull();
  });

  test("that is over still stops what was approved at or before it, and nothing after it", () => {
    expect(stopReason(order, over(10), 3)).not.toBeNull();
    expect(stopReason(order, over(9), 3)).toBeNull();
  });
});

test("an epoch below the highest seen is stopped, the same and a higher one are not", () => {
  expect(stopReason(order, [], 4)).toContain("epoch 3");
  expect(stopReason(order, [], 3)).toBeNull();
  expect(stopReason(order, [], 2)).toBeNull();
});

describe("news of a scope", () => {
  const scope = "portfolio";

  test("that is older than what is known does not resume it", () => {
    const known = foldHalt(null, { scope, version: 7, halted: true, haltVersion: 7 });
    expect(foldHalt(known, { scope, version: 6, halted: false, haltVersion: 5 }).halted).toBe(true);
    expect(foldHalt(known, { scope, version: 8, halted: false, haltVersion: 7 }).halted).toBe(
      false,
    );
  });

  test("of a halt that comes after its resume leaves it resumed, but stops what it was meant to stop", () => {
    const resumed = foldHalt(null, { scope, version: 8, halted: false, haltVersion: 0 });
    const late = foldHalt(resumed, { scope, version: 7, halted: true, haltVersion: 7 });
    expect(late).toEqual({ scope, version: 8, halted: false, haltVersion: 7 });
  });

  test("that names a halt nobody told of stops what that halt was meant to stop", () => {
    const resumed = foldHalt(null, { scope, version: 8, halted: false, haltVersion: 3 });
    expect(stopReason({ ...order, ledgerVersion: 3 }, [resumed], 0)).toContain("kill switch");
    expect(stopReason({ ...order, ledgerVersion: 4 }, [resumed], 0)).toBeNull();
  });
});
