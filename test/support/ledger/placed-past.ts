/** Orders placed past the ledger, for its tests: sensible ones, with the differences named by the test. */
import type { ExternalOrder, OrderEvent } from "../../../src/domain/order.ts";
import { apply } from "../../../src/domain/risk/ledger.ts";
import type { LedgerRun } from "./run.ts";
import { INSTRUMENT, postOf } from "./samples.ts";

export const found = (changes: Partial<ExternalOrder> = {}): ExternalOrder => ({
  brokerOrderId: "X1",
  account: "paper",
  instrument: INSTRUMENT.id,
  side: "buy",
  type: "limit",
  quantity: "10",
  limitPrice: "100",
  stopPrice: null,
  timeInForce: "gtc",
  placedAt: null,
  ...changes,
});

export const adopted = (
  changes: Partial<ExternalOrder> = {},
  currency: string | null = "USD",
): OrderEvent => ({ kind: "adopted", order: found(changes), pendingTrigger: false, currency });

/** Adopts one, and answers what was flagged. */
export const adopt = (
  run: LedgerRun,
  changes: Partial<ExternalOrder> = {},
  currency?: string | null,
) => {
  const event = adopted(changes, currency === undefined ? "USD" : currency);
  const post = postOf(`external-${changes.brokerOrderId ?? "X1"}`, event, run.now);
  return apply(run.state, { kind: "posted", post }).flag;
};
