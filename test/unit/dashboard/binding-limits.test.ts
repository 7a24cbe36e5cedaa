import { expect, test } from "vitest";
import { bindingLimits } from "../../../dashboard/src/pages/risk/binding-limits.ts";
import type { LimitName, LimitView } from "../../../src/contract/risk.ts";

const limit = (scope: string, value: string, name: LimitName = "dailyLoss"): LimitView => ({
  scope,
  name,
  value,
  changedBy: "ann",
  changedAt: 1,
});

const LIMITS = [
  limit("portfolio", "50000"),
  limit("algo:momentum", "900"),
  limit("instrument:NSE:INFY", "10000"),
  limit("algo:momentum|instrument:NSE:INFY", "1000"),
  limit("algo:other", "1"),
  limit("portfolio", "7", "openOrders"),
];

test("the tightest level binds, compared as numbers, and the others on the path are named", () => {
  expect(bindingLimits(LIMITS, "momentum", "NSE:INFY")).toEqual([
    { name: "openOrders", value: "7", scope: "portfolio", others: [] },
    {
      name: "dailyLoss",
      value: "900",
      scope: "algo:momentum",
      others: [
        { scope: "algo:momentum|instrument:NSE:INFY", value: "1000" },
        { scope: "instrument:NSE:INFY", value: "10000" },
        { scope: "portfolio", value: "50000" },
      ],
    },
  ]);
});

test("unset at a level means the level above", () => {
  expect(bindingLimits(LIMITS, "another", "NSE:TCS").map(({ scope }) => scope)).toEqual([
    "portfolio",
    "portfolio",
  ]);
});
