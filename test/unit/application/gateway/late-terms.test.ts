/** The stream tells of new terms, or a carrier brings them, late or a second time: they turn nothing back. */
import { expect, test } from "vitest";
import type { DecimalText } from "../../../../src/domain/decimal.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
} from "../../../support/orders/scripted.ts";

/** An order of 10 that the broker has made one of 12 and then one of 14; `told` brings a piece of news of it. */
async function madeLarger() {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  const about = { kind: "order_event", clientOrderId: "o-1", brokerOrderId: "B1" } as const;
  const replaced = (eventId: string, quantity: DecimalText, at: number) =>
    run.gateway.onStream({
      ...about,
      eventId,
      event: { kind: "replaced", changes: { quantity, limitPrice: null, stopPrice: null } },
      at: START + at,
    });
  await replaced("S1", "12", 1_000);
  await replaced("S2", "14", 2_000);
  const filled = (quantity: DecimalText) =>
    run.gateway.onStream({
      ...about,
      eventId: "F1",
      event: { kind: "filled", execution: executionOf("F1", quantity) },
      at: START + 3_000,
    });
  return { run, replaced, filled };
}

test("of an order that has filled its old quantity since, and still stands for the rest", async () => {
  const { run, replaced, filled } = await madeLarger();
  await filled("12");
  await replaced("S1-again", "12", 1_000);
  expect(run.store.order("o-1")).toMatchObject({ ended: null, terms: { quantity: "14" } });
  expect(run.kinds()).toEqual(["accepted", "replaced", "replaced", "filled"]);
});

test("while terms that are newer by the broker's clock are taken", async () => {
  const { run, replaced } = await madeLarger();
  await replaced("S3", "11", 2_000);
  await replaced("S4", "13", 2_500);
  expect(run.store.order("o-1")).toMatchObject({ terms: { quantity: "13" } });
  expect(run.kinds()).toEqual(["accepted", "replaced", "replaced", "replaced", "replaced"]);
});

test("while newer ones are asked for, and they are no answer to those", async () => {
  const { run, replaced } = await madeLarger();
  const wished = { quantity: "20", limitPrice: null, stopPrice: null };
  await run.gateway.modify("o-1", wished, approvalAt(1));
  // By the other socket of a session's change-over, or by a stream that repeats itself.
  await replaced("S2", "14", 2_000);
  // The ledger would take it for the answer, and let go of what it has reserved for the 20.
  expect(run.kinds()).toEqual(["accepted", "replaced", "replaced"]);
  await replaced("S3", "20", 3_000);
  expect(run.kinds()).toEqual(["accepted", "replaced", "replaced", "replaced"]);
  expect(run.store.order("o-1")).toMatchObject({ changes: null, terms: { quantity: "20" } });
});

const terms = (quantity: DecimalText) => ({ quantity, limitPrice: null, stopPrice: null });

test("a late carrier's are not sent once the broker has refused them, and nothing is reserved for them", async () => {
  const run = scripted({
    orders: [brokerOrderWith()],
    modify: () => ({ outcome: "rejected", reason: "not now" }),
  });
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.modify("o-1", terms("20"), approvalAt(1, 10));
  expect(run.kinds()).toEqual(["accepted", "replace_rejected"]);
  await run.gateway.modify("o-1", terms("20"), approvalAt(1, 10));
  expect(run.modified).toHaveLength(1);
  expect(run.kinds()).toEqual(["accepted", "replace_rejected"]);
  // Asked for anew, they are others.
  await run.gateway.modify("o-1", terms("20"), approvalAt(1, 11));
  expect(run.modified).toHaveLength(2);
});

test("a late carrier's do not come back over newer ones", async () => {
  const { run, replaced } = await madeLarger();
  await run.gateway.modify("o-1", terms("20"), approvalAt(1, 10));
  await replaced("R1", "20", 3_000);
  await run.gateway.modify("o-1", terms("4"), approvalAt(1, 11));
  await replaced("R2", "4", 4_000);
  await run.gateway.modify("o-1", terms("20"), approvalAt(1, 10));
  expect(run.modified.map(({ quantity }) => quantity)).toEqual(["20", "4"]);
});

test("while others are under way are no newer ones: they are brought again", async () => {
  const { run, replaced } = await madeLarger();
  await run.gateway.modify("o-1", terms("20"), approvalAt(1, 10));
  await run.gateway.modify("o-1", terms("30"), approvalAt(1, 12));
  await replaced("R1", "20", 3_000);
  await run.gateway.modify("o-1", terms("30"), approvalAt(1, 12));
  expect(run.modified.map(({ quantity }) => quantity)).toEqual(["20", "30"]);
});
