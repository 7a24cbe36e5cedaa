/** What is asked of the ledger for an intent, and what it answers. */
import type { ApprovedOrder, Order, OrderIntent } from "../domain/order.ts";
import type { DecideFacts as IntentFacts } from "../domain/risk/case.ts";
import type { Refusal } from "../domain/risk/refusal.ts";

/** Facts about an intent that the ledger does not hold itself, gathered before it decides. */
export type { IntentFacts };

export type ReserveAnswer =
  /** A new approved order: submit it now. */
  | { kind: "approved"; order: Order; approved: ApprovedOrder }
  /** The same id with the same body was seen before: this is that order, and nothing is to be sent. */
  | { kind: "existing"; order: Order }
  | { kind: "denied"; order: Order | null; refusal: Refusal };

/** One of several intents that are decided in one call. */
export interface ReserveAsk {
  intent: OrderIntent;
  facts: IntentFacts;
}

/** Its answer. `failed`: it was not decided, and nothing of it is stored. */
export type ReservedOne =
  | { kind: "approved"; approved: ApprovedOrder }
  | Exclude<ReserveAnswer, { kind: "approved" }>
  | { kind: "failed"; reason: string };
