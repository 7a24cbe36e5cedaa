/** `rejectStorm`, `orderChurn` and `denialStorm`: too many rejected, canceled and modified, or denied, in a sliding window; for each algo, and for each account but for denials. */
import type { ScopeText } from "../../scope.ts";
import type { LedgerEvent } from "../ledger.ts";
import type { Trip, TripWatch } from "./trip.ts";

/** What is counted. */
type Storm = "rejects" | "churn" | "denials";

const TRIP_OF = {
  rejects: "rejectStorm",
  churn: "orderChurn",
  denials: "denialStorm",
} as const;

function storm(which: Storm, words: string): Trip {
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

export const denialStorm = storm("denials", "denied by the ledger");

/** More than any bound is not kept. */
const TIMES_MAX = 1_000_000;

/** Counts one event of an order for its algo and its account. */
export const countFor = (
  watch: TripWatch,
  which: Storm,
  { algoId, account }: { algoId: string; account: string },
  at: number,
): void => countAt(watch, which, [`algo:${algoId}`, `account:${account}`], at);

/** Counts one event at each of these. */
export function countAt(
  watch: TripWatch,
  which: Storm,
  scopes: readonly ScopeText[],
  at: number,
): void {
  for (const scope of scopes) {
    const times = watch[which].get(scope) ?? [];
    if (times.length < TIMES_MAX) times.push(at);
    watch[which].set(scope, times);
  }
}

/** What an event of an order counts for; null for nothing. */
export function stormOf(event: LedgerEvent): Storm | null {
  if (event.kind === "replace_reserved") return "churn";
  if (event.kind !== "posted") return null;
  const { kind } = event.post.event;
  if (kind === "cancel_requested") return "churn";
  // What our own gate stopped, for whatever reason, was rejected by no broker.
  return kind === "rejected" && !event.post.eventId.endsWith(":stopped") ? "rejects" : null;
}

/**
 * A storm that has latched a scope is counted anew there, and so is every storm once a person has set the
 * scope free: they have looked at what came before. It follows from the ledger's events alone, so that
 * counts which are rebuilt from those are the counts that were lost.
 */
export function restartCounts(watch: TripWatch, event: LedgerEvent): void {
  if (event.kind !== "trading_state") return;
  const { scope, state, by } = event.record;
  const isPerson = !by.startsWith("trip:");
  for (const which of ["rejects", "churn", "denials"] as const)
    if (by === `trip:${TRIP_OF[which]}` || (isPerson && state !== "halted"))
      watch[which].delete(scope);
}
