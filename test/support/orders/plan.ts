/** What a run does, drawn from its seed before it starts: a list of steps that a search for the shortest failure can cut. */
import type { LimitName } from "../../../src/domain/risk/limit-names.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { drawFaults, type WorldFaults } from "./faults.ts";
import { seededRandom, type Random } from "./random.ts";

/** One planned step, at a time in ms after the start of the trouble. */
export type Step = { at: number } & (
  | { kind: "submit"; clientOrderId: string; side: "buy" | "sell"; quantity: number }
  /** By a Worker of a region that may have lost the lease meanwhile. */
  | { kind: "submit_old_region"; clientOrderId: string; side: "buy" | "sell"; quantity: number }
  /** The same id with another body. */
  | { kind: "submit_other_body"; clientOrderId: string }
  | { kind: "cancel"; clientOrderId: string }
  | { kind: "modify"; clientOrderId: string; quantity: string | null; limitPrice: string }
  | { kind: "halt"; scope: ScopeText; forMs: number }
  | { kind: "limit"; name: LimitName; value: string }
  /** A trade made by hand at the broker. */
  | { kind: "external"; side: "buy" | "sell"; quantity: number }
  | { kind: "takeover" }
  | { kind: "clock_jump"; ms: number }
  | { kind: "broker_restart"; forMs: number }
  | { kind: "gateway_crash" }
  | { kind: "ledger_eviction" }
);

export interface Plan {
  seed: number;
  steps: Step[];
  faults: WorldFaults;
}

const SCOPES: [ScopeText, ...ScopeText[]] = ["algo:momentum", "portfolio", "account:simulated"];

export function planOf(seed: number): Plan {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const steps: Step[] = [];
  const orders = random.between(3, 12);
  for (let number = 1; number <= orders; number += 1) planOrder(steps, random, `order-${number}`);
  const maybe = (probability: number, make: () => Step): void => {
    if (random.chance(probability)) steps.push(make());
  };
  const at = (): number => random.between(1_000, 30_000);
  const side = (): "buy" | "sell" => random.pick(["buy", "sell"]);
  maybe(0.4, () => {
    const forMs = random.between(2_500, 20_000);
    return { kind: "halt", at: at(), scope: random.pick(SCOPES), forMs };
  });
  for (let time = 0; time < 2; time += 1) {
    maybe(0.4, () => {
      const value = String(random.between(1, 12));
      return { kind: "limit", at: at(), name: "positionQuantity", value };
    });
    maybe(0.3, () => {
      const value = String(random.between(1, 6));
      return { kind: "limit", at: at(), name: "openOrders", value };
    });
    maybe(0.25, () => ({
      kind: "external",
      at: at(),
      side: side(),
      quantity: random.between(1, 4),
    }));
    maybe(0.2, () => ({
      kind: "clock_jump",
      at: at(),
      ms: random.between(-20_000, 20_000),
    }));
    maybe(0.3, () => ({ kind: "broker_restart", at: at(), forMs: random.between(500, 15_000) }));
    maybe(0.3, () => ({ kind: "gateway_crash", at: at() }));
    maybe(0.3, () => ({ kind: "ledger_eviction", at: at() }));
  }
  maybe(0.25, () => ({ kind: "takeover", at: at() }));
  maybe(0.25, () => ({
    kind: "submit_old_region",
    at: at(),
    clientOrderId: "old-region",
    side: side(),
    quantity: 1,
  }));
  return { seed, steps: steps.sort((a, b) => a.at - b.at), faults: drawFaults(random) };
}

function planOrder(steps: Step[], random: Random, clientOrderId: string): void {
  const start = random.between(0, 20_000);
  const quantity = random.between(1, 5);
  const side: "buy" | "sell" = random.pick(["buy", "sell"]);
  const submit = { kind: "submit", clientOrderId, side, quantity } as const;
  steps.push({ ...submit, at: start });
  // Whoever got no answer asks again.
  if (random.chance(0.3)) steps.push({ ...submit, at: start + random.between(0, 3_000) });
  if (random.chance(0.1))
    steps.push({
      kind: "submit_other_body",
      at: start + random.between(0, 5_000),
      clientOrderId,
    });
  if (random.chance(0.4))
    steps.push({ kind: "cancel", at: start + random.between(0, 15_000), clientOrderId });
  if (random.chance(0.2)) {
    const more = random.chance(0.5) ? String(quantity + random.between(1, 3)) : null;
    const at = start + random.between(500, 10_000);
    steps.push({ kind: "modify", at, clientOrderId, quantity: more, limitPrice: "99.9" });
  }
}
