/** What is kept of the times of orders: as much as the window needs, for as long as a ledger runs. */
import { expect, test } from "vitest";
import { aggregateFor } from "../../../../src/domain/risk/exposure.ts";
import {
  countOrder,
  ORDER_RATE_WINDOW_MS,
  recentOrders,
} from "../../../../src/domain/risk/order-rate.ts";
import { emptyLedger } from "../../../../src/domain/risk/state.ts";
import { NOON } from "../../../support/ledger/run.ts";

test("the times of orders stay few for a scope whose rate nobody asks for, and count the same", () => {
  const aggregate = aggregateFor(emptyLedger(NOON), "account:paper");
  const spacingMs = ORDER_RATE_WINDOW_MS / 4;
  for (let order = 1; order <= 10_000; order += 1) {
    countOrder(aggregate, NOON + order * spacingMs);
    expect(aggregate.recent.times.length).toBeLessThanOrEqual(1_100);
  }
  expect(aggregate.ordersToday).toBe(10_000);
  expect(recentOrders(aggregate, NOON + 10_000 * spacingMs)).toBe(4);
});
