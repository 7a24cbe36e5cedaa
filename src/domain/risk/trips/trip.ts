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
  index: IndexWatch | null;
}

export interface IndexWatch {
  instrument: InstrumentId;
  /** The time of the latest price that was taken in, ms since 1970. */
  seenAt: number;
  /** Highest prices in equal parts of the window, oldest first. */
  points: { from: number; high: number }[];
}

/** As it was stored; a text from before `seenAt` was in it has it by its last part. */
export function unpackIndex(text: string | null): IndexWatch | null {
  if (text === null) return null;
  const { seenAt, ...index } = JSON.parse(text) as Omit<IndexWatch, "seenAt"> & { seenAt?: number };
  const last = seenAt ?? index.points.at(-1)?.from;
  return last === undefined ? null : { ...index, seenAt: last };
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
  /** Why what it watches is not known at `now`, in words; null when it is. Left out where it always is. */
  readonly unknown?: (state: LedgerState, setting: TripSetting, now: number) => string | null;
  /** Begins to count anew at this scope. */
  readonly restart?: (watch: TripWatch, scope: ScopeText) => void;
}
