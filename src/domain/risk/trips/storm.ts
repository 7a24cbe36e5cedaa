/** `rejectStorm` and `orderChurn`: too many rejected, or too many canceled and modified, in a sliding window; for each algo and each account. */
import type { ScopeText } from "../../scope.ts";
import type { Trip, TripWatch } from "./trip.ts";

function storm(which: "rejects" | "churn", words: string): Trip {
  return {
    kind: "count",
    read(_state, watch, { bounds: { count = 1, windowMs = 0 }, state }, now) {
      return [...watch[which]].flatMap(([scope, times]) => {
        const within = times.filter((time) => time > now - windowMs);
        watch[which].set(scope, within);
        if (within.length < count) return [];
        const reason = `${within.length} orders ${words} in ${windowMs} ms, the bound is ${count}`;
        return [{ scope, past: true, state, reason, level: "count" }];
      });
    },
    restart: (watch, scope) => void watch[which].delete(scope),
  };
}

export const rejectStorm = storm("rejects", "rejected by the broker");

export const orderChurn = storm("churn", "canceled or modified");

/** More than any bound is not kept. */
const TIMES_MAX = 1_000_000;

/** Counts one event of an order for its algo and its account. */
export function countFor(
  watch: TripWatch,
  which: "rejects" | "churn",
  order: { algoId: string; account: string },
  at: number,
): void {
  const scopes: ScopeText[] = [`algo:${order.algoId}`, `account:${order.account}`];
  for (const scope of scopes) {
    const times = watch[which].get(scope) ?? [];
    if (times.length < TIMES_MAX) times.push(at);
    watch[which].set(scope, times);
  }
}
