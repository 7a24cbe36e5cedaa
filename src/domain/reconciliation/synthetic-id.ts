/** Ids of what we concluded ourselves: made of the facts alone, so that the same conclusion is the same event. */

const PRIME = 0x100000001b3n;
const OFFSET = 0xcbf29ce484222325n;
const MASK = 0xffffffffffffffffn;

/** What our own executions begin with; no broker's execution id does. */
export const INFERRED_PREFIX = "inferred-";
export const HAND_PREFIX = "hand-";
/** Before the id of an execution that was kept under `external`, and that a person's booking has taken over. */
export const GIVEN_BACK_PREFIX = "given-back-";

/** What our ids of orders placed past us begin with. */
export const EXTERNAL_PREFIX = "external-";

/** No caller's client order id may begin with these. */
export const OWN_PREFIXES = [EXTERNAL_PREFIX, GIVEN_BACK_PREFIX] as const;

/** Our id for an order that was placed past us. Two brokers may give the same id: the account is part of it. */
export const externalOrderId = (account: string, brokerOrderId: string): string =>
  EXTERNAL_PREFIX + syntheticId(account, brokerOrderId);

/** By which the ledger is told what a person's booking takes back from `external`. */
export const givenBackOrderId = (account: string, brokerOrderId: string): string =>
  GIVEN_BACK_PREFIX + syntheticId(account, brokerOrderId);

/** 64-bit FNV-1a over the facts, each told from the next by a byte that no fact holds; 16 hex digits. */
export function syntheticId(...facts: readonly (string | number)[]): string {
  let hash = OFFSET;
  for (const unit of facts.map(String).join("\u0000"))
    hash = ((hash ^ BigInt(unit.codePointAt(0) ?? 0)) * PRIME) & MASK;
  return hash.toString(16).padStart(16, "0");
}
