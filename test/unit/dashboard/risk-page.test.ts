/** What the risk page computes: who may trade, and the bounds of the trips. */
import { describe, expect, test } from "vitest";
import { scopeRows } from "../../../dashboard/src/pages/risk/scope-rows.ts";
import {
  boundsText,
  firesText,
  readBounds,
  switched,
  typedBounds,
} from "../../../dashboard/src/pages/risk/trip-bounds.ts";
import type { TripView } from "../../../src/contract/risk-controls.ts";

const fall: TripView = {
  trip: "indexFall",
  on: true,
  state: "reducing",
  flatten: false,
  bounds: { fraction: 0.07, windowMs: 900_000, instrument: null },
  unknown: null,
};

describe("who may trade", () => {
  const mark = { reason: "results", by: "ann", since: 5 };

  test("shows a scope once, with its state and what is laid on it, portfolio first", () => {
    const rows = scopeRows(
      ["portfolio", "account:paper", "algo:b", "algo:a"],
      [{ scope: "algo:a", state: "reducing", ...mark }],
      [
        { scope: "instrument:NSE:INFY", ...mark },
        { scope: "algo:a", ...mark },
      ],
    );
    expect(rows.map(({ scope, state, restriction }) => [scope, state, restriction?.by])).toEqual([
      ["portfolio", "active", undefined],
      ["account:paper", "active", undefined],
      ["algo:a", "reducing", "ann"],
      ["algo:b", "active", undefined],
      ["instrument:NSE:INFY", "active", "ann"],
    ]);
  });
});

test("a trip that cannot see says so, and what follows from it", () => {
  const blind = { ...fall, unknown: "there is no good price of NSE:NIFTY" };
  expect(switched(blind)).toEqual({ word: "unknown", tone: "bad" });
  expect(firesText(blind)).toBe(
    `${boundsText(fall)}. Entries are refused: there is no good price of NSE:NIFTY`,
  );
  expect(switched(fall).word).toBe("on");
  expect(switched({ ...fall, on: false }).word).toBe("off");
  expect(firesText(fall)).toBe(boundsText(fall));
});

describe("the bounds of a trip", () => {
  test("are typed in percent and seconds, and read back as they were", () => {
    expect(typedBounds(fall)).toEqual([
      ["fraction", "7"],
      ["windowMs", "900"],
      ["instrument", ""],
    ]);
    expect(readBounds(typedBounds(fall))).toEqual({ ok: true, value: fall.bounds });
    expect(readBounds([["instrument", " NSE:INFY "]])).toEqual({
      ok: true,
      value: { instrument: "NSE:INFY" },
    });
  });

  test.each([
    ["count", ""],
    ["count", "1.5"],
    ["windowMs", "0.05"],
    ["fraction", "100"],
  ] as const)("are not read from %s %j", (name, text) => {
    expect(readBounds([[name, text]])).toMatchObject({ ok: false });
  });

  test("are told in a sentence", () => {
    expect(boundsText(fall)).toBe("no instrument yet: falls 7 % in 900 s");
    expect(boundsText({ ...fall, bounds: { count: 6_000, windowMs: 60_000 } })).toBe(
      "6,000 in 60 s",
    );
    expect(boundsText({ ...fall, trip: "dailyLoss", bounds: {} })).toBe(
      "at the limits of daily loss",
    );
  });
});
