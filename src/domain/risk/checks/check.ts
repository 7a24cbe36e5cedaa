/** The shape of one risk check: one small function, and to which orders it applies. */
import type { IntentCase } from "../case.ts";
import type { Refusal } from "../refusal.ts";

export interface RiskCheck {
  /**
   * `every`: also orders that only reduce exposure. `entries`: orders that may raise it. `new_entries`:
   * the same, but no modify of an order that already stands.
   */
  readonly applies: "every" | "entries" | "new_entries";
  /** Null when it passes. */
  readonly check: (each: IntentCase) => Refusal | null;
}
