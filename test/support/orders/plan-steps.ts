/** What a plan is made of: each step with its facts, in plain data. */
import type { OrderType, Side, TimeInForce } from "../../../src/domain/order.ts";
import type { LimitName } from "../../../src/domain/risk/limit-names.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";

import type { FeedTrouble } from "./feed.ts";
import type { OddWay } from "./odd-ways.ts";

export type AlgoName = "momentum" | "reversal";

/** What each algo trades. */
export const TRADES: Record<AlgoName, string> = { momentum: "SIM:AAA", reversal: "SIM:BBB" };

export interface PlannedOrder {
  clientOrderId: string;
  algo: AlgoName;
  side: Side;
  quantity: number;
  type: OrderType;
  timeInForce: TimeInForce;
  bracket: boolean;
  reduceOnly: boolean;
}

/** What becomes of it, after a while, whatever the market makes of it. */
export const PLACED_FATES = ["stands", "canceled_there", "canceled_here", "changed_there"] as const;

export interface PlacedPast {
  instrument: string;
  side: Side;
  quantity: number;
  type: OrderType;
  /** Another program's own id for it; null for a person's. */
  foreignId: string | null;
  fate: (typeof PLACED_FATES)[number];
  afterMs: number;
}

/** One planned step, at a time in ms after the start of the trouble. */
export type Step = { at: number } & (
  | ({ kind: "submit" } & PlannedOrder)
  /** By a Worker of a region that may have lost the lease meanwhile. */
  | ({ kind: "submit_old_region" } & PlannedOrder)
  | { kind: "odd"; clientOrderId: string; way: OddWay; side: Side }
  /** The same id with another body. */
  | { kind: "submit_other_body"; clientOrderId: string }
  | { kind: "cancel"; clientOrderId: string }
  /** Its gateway dies while it sends, and whoever cancels it then before the gateway is told. */
  | { kind: "cancel_in_doubt"; clientOrderId: string }
  | { kind: "modify"; clientOrderId: string; quantity: string | null; limitPrice: string | null }
  | { kind: "cancel_all"; algo: AlgoName }
  | { kind: "close"; closeId: string; algo: AlgoName; cancelOpen: boolean }
  | { kind: "halt"; scope: ScopeText; forMs: number; flatten: boolean }
  | { kind: "limit"; scope: ScopeText; name: LimitName; value: string }
  /** The portfolio sleeps, an algo is paused or an instrument is blocked, for a while. */
  | { kind: "restrict"; scope: ScopeText; forMs: number }
  | { kind: "market_closed"; forMs: number }
  /** The price of the first instrument runs away under a limit whose trip is off. */
  | { kind: "unlatched_loss"; name: "dailyLoss" | "drawdown"; to: number; forMs: number }
  /** A price that runs away for a while, against a limit on the loss, whose trip may be set to flatten. */
  | {
      kind: "loss";
      scope: ScopeText;
      instrument: string;
      limit: string;
      to: number;
      forMs: number;
      flatten: boolean;
    }
  /** The price moves, for a while, against no limit of anybody's. */
  | { kind: "price"; instrument: string; to: number; forMs: number }
  /** Something is wrong with what is told of a price. */
  | { kind: "feed"; instrument: string; trouble: FeedTrouble; forMs: number }
  /** The broker refuses every new order for a while. */
  | { kind: "reject_storm"; count: number; forMs: number }
  /** The broker refuses every cancel for a while. */
  | { kind: "cancel_refusals"; forMs: number }
  /** Money comes into the account, or goes: a deposit, a withdrawal, another's trading. */
  | { kind: "money"; change: number }
  /** A trade made by hand at the broker. */
  | { kind: "external"; side: "buy" | "sell"; quantity: number; hiddenForMs: number }
  /** An order placed at the broker by hand or by another program, which may rest. */
  | ({ kind: "external_order" } & PlacedPast)
  | { kind: "liquidation"; instrument: string; hiddenForMs: number }
  | { kind: "session_end" }
  /** A person works on what lies on the desk. */
  | { kind: "desk"; way: "hand" | "discard" | "retry" }
  /** A person accepts what the broker says, and lets frozen instruments go. */
  | { kind: "accept_positions" }
  | { kind: "takeover" }
  | { kind: "clock_jump"; ms: number }
  | { kind: "broker_restart"; forMs: number }
  | { kind: "gateway_crash" }
  | { kind: "ledger_eviction" }
);

/** What nobody asks for. */
export type Blow = Extract<
  Step,
  {
    kind:
      | "cancel_refusals"
      | "money"
      | "price"
      | "feed"
      | "external"
      | "external_order"
      | "liquidation"
      | "session_end"
      | "clock_jump"
      | "broker_restart"
      | "gateway_crash"
      | "ledger_eviction";
  }
>;

/** An order at the market, by the algo that trades first; what it is for says the rest. */
export const MARKET_ORDER = {
  kind: "submit",
  algo: "momentum",
  type: "market",
  timeInForce: "day",
  bracket: false,
  reduceOnly: false,
} as const;
