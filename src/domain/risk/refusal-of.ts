/** Makes a refusal, and the words that checks share. */
import { decimalText, type Decimal } from "../decimal.ts";
import type { Refusal, RefusalCode } from "./refusal.ts";

export interface RefusalFacts {
  scope: string;
  limit?: Decimal | null;
  asked?: Decimal | null;
  have?: Decimal | null;
}

/** `message` is one sentence for a person: what, where, and what to do. */
export const refuse = (code: RefusalCode, facts: RefusalFacts, message: string): Refusal => ({
  code,
  message,
  scope: facts.scope,
  limit: text(facts.limit),
  asked: text(facts.asked),
  have: text(facts.have),
});

const text = (value: Decimal | null | undefined): string | null =>
  value ? decimalText(value) : null;

/** A figure in a sentence: at most 8 digits after the point, the exact one stands in the facts. */
export const shown = (value: Decimal): string => decimalText(value.round(8));
