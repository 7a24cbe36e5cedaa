/** The shape of one risk check: one small function, and to which orders it applies. */
import { isFlatten, type IntentCase } from "../case.ts";
import type { Note } from "../margin.ts";
import type { Refusal } from "../refusal.ts";

export interface RiskCheck {
  /**
   * `every`: also orders that only reduce exposure. `but_lowered`: the same, but no modify that only lowers an
   * order which stands; that is a cancel of a part, and a cancel passes. `entries`: orders that may raise exposure.
   * `new_entries`: the same, but no modify of an order that already stands.
   */
  readonly applies: "every" | "but_lowered" | "entries" | "new_entries";
  /**
   * Null when it passes. It compares on up to its first refusal, and notes the margin of each
   * comparison before it decides.
   */
  readonly check: (each: IntentCase, note?: Note) => Refusal | null;
}

/**
 * Orders that only reduce exposure pass those that are for entries. So does a flatten that asks for too much:
 * it has to hear how much is left.
 */
export function appliesTo({ applies }: RiskCheck, each: IntentCase): boolean {
  switch (applies) {
    case "every":
      return true;
    case "but_lowered":
      return !each.lowers;
    case "entries":
      return !(each.onlyReduces || isFlatten(each));
    case "new_entries":
      return !(each.onlyReduces || isFlatten(each) || each.replaced);
  }
}
