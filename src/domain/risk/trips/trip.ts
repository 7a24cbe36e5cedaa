/** The shape of one trip: what it watches, and its readings of it. It latches nothing itself. */
import type { InstrumentId } from "../../instrument.ts";
import type { ScopeText } from "../../scope.ts";
import type { LedgerState } from "../state.ts";
import type { TripSetting } from "./settings.ts";

/** What trips watch beside the ledger's own state. In memory; the ledger stores the prices of the index. */
export interface TripWatch {
  /** When orders were rejected by a broker, by scope, oldest first. */
  rejects: Map<ScopeText, number[]>;
  /** When orders were canceled or modified, by scope, oldest first. */
  churn: Map<ScopeText, number[]>;
  /** When the ledger denied orders, by the scope of their algo, oldest first. */
  denials: Map<ScopeText, number[]>;
  /** Ours minus the broker's clock, by the scope of each of its accounts. */
  offsets: Map<ScopeText, { broker: string; offsetMs: number }>;
  /** Highest prices of the index in equal parts of its window, oldest first. */
  index: { instrument: InstrumentId; points: { from: number; high: number }[] } | null;
}

export const newWatch = (): TripWatch => ({
  rejects: new Map(),
  churn: new Map(),
  denials: new Map(),
  offsets: new Map(),
  index: null,
});

export interface Reading {
  scope: ScopeText;
  /** Beyond its bound. */
  past: boolean;
  state: "reducing" | "halted";
  /** What was measured against which bound, in words. */
  reason: string;
  /** Tells the soft limit's reading from the hard one's. */
  level: string;
}

export interface Trip {
  /**
   * `level`: it fires when its reading passes the bound, and again only after it was back within.
   * `count`: each firing begins a new count.
   */
  readonly kind: "level" | "count";
  readonly read: (
    state: LedgerState,
    watch: TripWatch,
    setting: TripSetting,
    now: number,
  ) => Reading[];
  /** Begins to count anew at this scope. */
  readonly restart?: (watch: TripWatch, scope: ScopeText) => void;
}
