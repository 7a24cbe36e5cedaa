import { expect, test } from "vitest";
import {
  atLeast,
  atMost,
  median,
  noLoss,
  type Row,
  summary,
  times,
} from "../../../bench/cases/case.ts";

const row = (more: Partial<Row> = {}): Row => ({
  server: "Trunkline",
  load: "heavy",
  offeredPerSecond: 100,
  deliveriesPerSecond: 100,
  framesPerSecond: 10,
  p50Ms: 1,
  p99Ms: 2,
  p999Ms: 3,
  lost: 0,
  doubled: 0,
  silenceMs: 5,
  cores: { server: 0.5, feed: 0.1, clients: 0.2 },
  serverMicrosPerDelivery: 0.3,
  missing: 0,
  gaps: 0,
  lagging: 0,
  dropped: 0,
  ...more,
});

test("rounds become one row for each server and load: the middle of figures, the worst of losses", () => {
  const rows = summary([
    row({ p99Ms: 9, lost: 0, deliveriesPerSecond: 90 }),
    null,
    row({ server: "nats-server", p99Ms: 4 }),
    row({ p99Ms: 1, lost: 7, deliveriesPerSecond: 95 }),
    row({ p99Ms: 2, dropped: 1, deliveriesPerSecond: 99 }),
  ]);
  expect(rows.map(({ server, p99Ms }) => [server, p99Ms])).toEqual([
    ["Trunkline", 2],
    ["nats-server", 4],
  ]);
  expect(rows[0]).toMatchObject({ lost: 7, dropped: 1, deliveriesPerSecond: 95 });
});

test("of two middle ones the worse latency is taken, and nothing measured has no middle", () => {
  expect([median([1, 2, null]), median([null])]).toEqual([2, null]);
});

test("a target is met up to its bound, missed past it, and left open without anything to compare", () => {
  expect([14, 15, 16].map((value) => atMost("p99", value, 15, " ms").isMet)).toEqual([
    true,
    true,
    false,
  ]);
  expect([3.99, 4].map((value) => atLeast("ratio", value, 4, "").isMet)).toEqual([false, true]);
  expect([atMost("p99", null, 2, "").isMet, atLeast("ratio", null, 2, "").isMet]).toEqual([
    null,
    null,
  ]);
});

test.each(["lost", "doubled", "missing", "lagging", "dropped"] as const)(
  "one that is counted as %s is a loss",
  (kind) => {
    expect(noLoss(row()).isMet).toBe(true);
    expect(noLoss(row({ [kind]: 1 })).isMet).toBe(false);
  },
);

test("a ratio needs both sides", () => {
  expect([times(3, 2), times(3, 0), times(null, 2), times(1, undefined)]).toEqual([
    1.5,
    null,
    null,
    null,
  ]);
});
