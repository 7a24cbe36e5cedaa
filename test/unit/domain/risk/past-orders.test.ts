/** What a reader that was away is told of an order is what it would have been told then. */
import { expect, test } from "vitest";
import type { OrderEvent } from "../../../../src/domain/order.ts";
import { apply, type LedgerEvent } from "../../../../src/domain/risk/ledger.ts";
import { pastOrders } from "../../../../src/domain/risk/past-orders.ts";
import { adopted, found } from "../../../support/ledger/placed-past.ts";
import { LedgerRun } from "../../../support/ledger/run.ts";
import { fillOf, postOf } from "../../../support/ledger/samples.ts";

const fill = fillOf({ clientOrderId: "external-X1", ...found() }, "4", "100");

test.each<[string, OrderEvent[]]>([
  ["by what rests of it", [adopted(), fill]],
  ["by a fill", [fill, adopted()]],
])("an order that was adopted %s has the version and the epoch of that moment", (_, news) => {
  const run = new LedgerRun();
  run.limit("openOrders", "7");
  run.state.epoch = 3;
  const then = news.map((event) => {
    const body: LedgerEvent = { kind: "posted", post: postOf("external-X1", event, run.now) };
    const { version, entry } = apply(run.state, body);
    run.limit("openOrders", "8");
    return { version, body, order: structuredClone(entry?.order) };
  });
  const events = then.map(({ version, body }) => ({ version, at: run.now, eventId: null, body }));
  expect(pastOrders(events, 3)).toEqual(then.map(({ version, order }) => ({ version, order })));
});
