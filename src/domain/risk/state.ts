/** Everything the ledger decides on, in memory: a cache of what its storage holds, changed by `apply` alone. */
import { decimal, ZERO, type Decimal, type DecimalText } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { DeadLetterLabel, Order, OrderChanges, OrderIntent, Side } from "../order.ts";
import { isTerminal } from "../order-state.ts";
import { FLAT, type Position } from "../position.ts";
import type { ScopeText, TradingState } from "../scope.ts";
import type { Mark } from "../tick.ts";
import { REFERENCE_RATES } from "./default-limits.ts";
import { firstControls, type Controls } from "./controls.ts";
import { LimitBook } from "./limits.ts";
import { EMPTY_SIDE, type Share, type SideTotals, type UnitRisk } from "./money-at-risk.ts";

/** An order with what the ledger needs to reserve for it. */
export interface LedgerOrder {
  order: Order;
  quantity: Decimal;
  filled: Decimal;
  /** Σ quantity × price of its fills. */
  fillCost: Decimal;
  unit: UnitRisk;
  /** The terms it was first sent with: what the same intent sent again is compared with. */
  original: Pick<OrderIntent, "quantity" | "limitPrice" | "stopPrice">;
  /** True while the broker holds it back for its trigger. */
  untriggered: boolean;
  /** Of an order placed past us, when the broker first had it, ms since 1970; null while nobody knows, and of ours. */
  placedAt: number | null;
  /** How it is labelled on the desk; null when it never was there. */
  label: DeadLetterLabel | null;
  /** Attempts that were proven not sent. */
  attempts: number;
  /** New terms that the broker has not answered yet: the dearer of both is reserved. */
  asked: AskedTerms | null;
  /** Somebody wants it canceled, and the broker has neither done nor refused that: no doubt that overtakes the wish ends it. */
  cancelWished: boolean;
  commitment: Commitment | null;
  /** What it puts on its holding now; null when it reserves nothing. Kept by `exposure.ts`. */
  share: Share | null;
  /** What of its fills its holding counts under `ended`. Kept by `exposure.ts`. */
  ended: Decimal;
}

/** New terms on their way to the broker. */
interface AskedTerms {
  changes: OrderChanges;
  quantity: Decimal;
  unit: UnitRisk;
  /** The commitment that their refusal brings back; left out where they needed no more money. */
  before?: Commitment | null;
}

/** Money that a balance reading may not show yet. */
export interface Commitment {
  currency: string;
  amount: Decimal;
  /** When the broker first showed that it has the order; null while that is not known. */
  confirmedAt: number | null;
}

/** Quantities bought and sold. */
export interface Traded {
  buy: Decimal;
  sell: Decimal;
}

/** One algo in one instrument at one account: the smallest unit that exposure is kept for. */
export interface Holding {
  readonly algoId: string;
  readonly instrument: InstrumentId;
  readonly account: string;
  /** Null for an external fill in an instrument that nobody has described yet. */
  currency: string | null;
  position: Position;
  /** Orders that reserve something, oldest first. */
  orders: Map<string, LedgerOrder>;
  sides: Record<Side, SideTotals>;
  /** Of all fills ever booked here. */
  filled: Traded;
  /** Of the fills whose order reserves nothing any more. */
  ended: Traded;
  figures: Figures;
  /** Whether its figures count its mark as too old. Kept by `exposure.ts`. */
  isAged: boolean;
  /** The best price of each side, where it has been worked out: kept by `best-price.ts`. */
  best: { readonly buy?: BestPrice | undefined; readonly sell?: BestPrice | undefined };
  /** Events since its orders were last added up one by one: kept by `equation.ts`. */
  unchecked: number;
}

/** An open market order: it meets any price. */
export const MEETS_ANY = "any";

export type BestPrice = Decimal | typeof MEETS_ANY | null;

/** Sums that each holding adds to its four scopes. Money is in the base currency. */
export interface Figures {
  openOrders: number;
  /** Signed. Has a meaning only where all of it is one instrument, as the next two. */
  quantity: Decimal;
  openBuy: Decimal;
  openSell: Decimal;
  /** What the open orders of each side are worth at their highest price. */
  buyNotional: Decimal;
  sellNotional: Decimal;
  /** What the positions can come to, at their largest, by those orders. */
  worstGross: Decimal;
  moneyAtRisk: Decimal;
  /** Absolute value of the positions. */
  gross: Decimal;
  net: Decimal;
  realised: Decimal;
  /** At the last good mark. */
  unrealised: Decimal;
  /** Positions without a good mark of a usable age, or without a rate: their value is not known. */
  unvalued: number;
  /** Those of them whose last good mark has only grown old. */
  aged: number;
  /** Holdings of whose positions and orders nobody knows what they are worth: no sum of money has them in. */
  unpriced: number;
  /** What those may have lost: their money at risk. */
  doubt: Decimal;
  /** What of it is in doubt only because a mark has grown old. */
  agedDoubt: Decimal;
}

export const NO_FIGURES: Figures = {
  openOrders: 0,
  quantity: ZERO,
  openBuy: ZERO,
  openSell: ZERO,
  buyNotional: ZERO,
  sellNotional: ZERO,
  worstGross: ZERO,
  moneyAtRisk: ZERO,
  gross: ZERO,
  net: ZERO,
  realised: ZERO,
  unrealised: ZERO,
  unvalued: 0,
  aged: 0,
  unpriced: 0,
  doubt: ZERO,
  agedDoubt: ZERO,
};

/** Portfolio, algo, instrument, or algo in an instrument: its sums, and what the trading day made of them. */
export interface Aggregate {
  readonly scope: string;
  figures: Figures;
  day: DayFigures;
  /** New orders of the trading day. */
  ordersToday: number;
  /** When the latest orders were approved, for the rate: a window that slides. */
  recent: { times: number[]; from: number };
}

/** Extremes that a restart must not forget. Profit is realised and unrealised since the ledger began. */
export interface DayFigures {
  startProfit: Decimal;
  /** Lowest profit seen since the day's start. */
  worstProfit: Decimal;
  /** Highest profit ever seen: drawdown is measured from it, across days. */
  peakProfit: Decimal;
  moneyAtRiskMax: Decimal;
  notionalMax: Decimal;
}

export const NO_DAY: DayFigures = {
  startProfit: ZERO,
  worstProfit: ZERO,
  peakProfit: ZERO,
  moneyAtRiskMax: ZERO,
  notionalMax: ZERO,
};

export interface TradingStateRecord {
  scope: ScopeText;
  state: TradingState;
  reason: string;
  by: string;
  since: number;
  /** The ledger version that set it. */
  version: number;
}

/** Balances of one account as the broker told them. */
export interface AccountBalances {
  at: number;
  available: Map<string, Decimal>;
}

export interface LedgerState {
  /** Rises by one with every event. */
  version: number;
  /** The region lease's fencing number: an order of an older one is refused. */
  epoch: number;
  /** The trading day, a UTC day for now: `2026-11-20`. */
  day: string;
  rates: ReadonlyMap<string, Decimal>;
  orders: Map<string, LedgerOrder>;
  holdings: Map<string, Holding>;
  holdingsOf: Map<InstrumentId, Set<Holding>>;
  aggregates: Map<string, Aggregate>;
  /** Aggregates whose day figures changed since somebody stored them. */
  unstored: Set<Aggregate>;
  marks: Map<InstrumentId, Mark>;
  /** The oldest time of a mark that still values, by calendar, at the last look: kept by `valued.ts`. */
  valuedFrom: Map<string, number>;
  balances: Map<string, AccountBalances>;
  /** Sum of the commitments, by account and currency (`fundsKey`). */
  committed: Map<string, Decimal>;
  committers: Set<LedgerOrder>;
  tradingStates: Map<ScopeText, TradingStateRecord>;
  limits: LimitBook;
  controls: Controls;
}

export interface LedgerSettings {
  rates?: Readonly<Record<string, DecimalText>>;
  epoch?: number;
}

/** A ledger in which nothing has happened yet, on the trading day of `now`. */
export function emptyLedger(now: number, settings: LedgerSettings = {}): LedgerState {
  const rates = Object.entries(settings.rates ?? REFERENCE_RATES);
  return {
    version: 0,
    epoch: settings.epoch ?? 1,
    day: tradingDay(now),
    rates: new Map(rates.map(([currency, rate]) => [currency, decimal(rate)])),
    orders: new Map(),
    holdings: new Map(),
    holdingsOf: new Map(),
    aggregates: new Map(),
    unstored: new Set(),
    marks: new Map(),
    valuedFrom: new Map(),
    balances: new Map(),
    committed: new Map(),
    committers: new Set(),
    tradingStates: new Map(),
    limits: new LimitBook(),
    controls: firstControls(settings.epoch ?? 1),
  };
}

/** The UTC day of a time: exchange sessions will name their own. */
export const tradingDay = (now: number): string => new Date(now).toISOString().slice(0, 10);

export const holdingKey = (algoId: string, instrument: InstrumentId, account: string): string =>
  `${algoId}|${instrument}|${account}`;

/** Finds or makes the holding of an order. */
export function holdingFor(
  state: LedgerState,
  at: Pick<Order, "algoId" | "instrument" | "account">,
  currency: string | null,
): Holding {
  const key = holdingKey(at.algoId, at.instrument, at.account);
  let holding = state.holdings.get(key);
  if (!holding) {
    holding = newHolding(at, currency);
    state.holdings.set(key, holding);
    let others = state.holdingsOf.get(at.instrument);
    if (!others) state.holdingsOf.set(at.instrument, (others = new Set()));
    others.add(holding);
  }
  holding.currency ??= currency;
  return holding;
}

const newHolding = (
  at: Pick<Order, "algoId" | "instrument" | "account">,
  currency: string | null,
): Holding => ({
  algoId: at.algoId,
  instrument: at.instrument,
  account: at.account,
  currency,
  position: FLAT,
  orders: new Map(),
  sides: { buy: EMPTY_SIDE, sell: EMPTY_SIDE },
  filled: { buy: ZERO, sell: ZERO },
  ended: { buy: ZERO, sell: ZERO },
  figures: NO_FIGURES,
  isAged: false,
  best: {},
  unchecked: 0,
});

/** True while the order may still trade, as far as is known: then its risk stays reserved. */
export function reserves(entry: LedgerOrder): boolean {
  if (entry.order.state === "dead_lettered") return entry.label === "unknown";
  return !isTerminal(entry.order.state);
}
