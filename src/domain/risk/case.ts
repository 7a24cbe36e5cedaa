/** Everything a check may look at, worked out once for one intent: checks compare, they do not gather. */
import { decimal, maxDecimal, ZERO, type Decimal } from "../decimal.ts";
import type { Instrument } from "../instrument.ts";
import { MARK_AHEAD_MS_MAX } from "../ledger-limits.ts";
import type { OrderChanges, OrderIntent, Side } from "../order.ts";
import { averagePrice } from "../position.ts";
import type { Mark } from "../tick.ts";
import { closableNow, freeToClose } from "./allowance.ts";
import { heldByStop, openRisk, rateOf, sharesOf } from "./exposure.ts";
import { accountScope, pairScope, type ScopedLimit } from "./limits.ts";
import {
  closable,
  EMPTY_SIDE,
  NO_UNIT_RISK,
  sideRisk,
  withoutShare,
  withShare,
  type Share,
  type UnitRisk,
} from "./money-at-risk.ts";
import type { LimitName } from "./limit-names.ts";
import { unitRiskNow } from "./pricing.ts";
import {
  holdingKey,
  NO_FIGURES,
  type Figures,
  type Holding,
  type LedgerOrder,
  type LedgerState,
} from "./state.ts";
import { goodMark, isGoodPrice } from "./good-mark.ts";
import { isToBeClosed } from "./halts.ts";

/** Facts about an intent that the ledger does not hold itself. */
export interface DecideFacts {
  /** Null when no broker knows the instrument. */
  instrument: Instrument | null;
  marketOpen: boolean;
  /** Why this broker's rules forbid the order, or null. */
  brokerRefusal: string | null;
  /** A mark fetched for this intent, already taken into the state. */
  mark: Mark | null;
  /** The lease epoch under which the caller acts; left out, the ledger's own. */
  epoch?: number;
  /** False when the algo has no key; left out by who acts for an order that stands. */
  algoKnown?: boolean;
  /** True for an exit that the platform itself makes after a halt. */
  flattens?: boolean;
}

export interface IntentCase {
  state: LedgerState;
  intent: OrderIntent;
  facts: DecideFacts;
  now: number;
  /** The order that this is a modify of. */
  replaced: LedgerOrder | null;
  holding: Holding | null;
  /** Total quantity asked for; for a modify, its whole new quantity. */
  quantity: Decimal;
  /** What of it can still be filled. */
  remaining: Decimal;
  mark: Mark | null;
  /** Null when a price is needed and there is none. */
  unit: UnitRisk | null;
  /** Base currency for one unit of the instrument's currency. */
  rate: Decimal | null;
  /** What of `remaining` would open or enlarge the position. */
  opening: Decimal;
  /** For a modify, what of the order would have opened on the terms that it has. */
  opened: Decimal;
  /** True for a modify that leaves the prices and asks for no more than stands: a cancel of a part. */
  lowers: boolean;
  /** True when it can only lower exposure, whatever is filled in whatever order. */
  onlyReduces: boolean;
  /** What it adds to the money at risk, in the base currency; null when that cannot be known. */
  addedRisk: Decimal | null;
  /** Notional of `remaining`, in the base currency; null when that cannot be known. */
  notional: Decimal | null;
}

/**
 * A closing order of the platform's own, under a halt that is to be closed: whoever sends it may have waited,
 * and a person may have lifted the halt meanwhile. Of how much there is to close `REDUCE_ONLY` alone decides.
 */
export const isFlatten = ({
  state,
  intent,
  facts,
}: Pick<IntentCase, "state" | "intent" | "facts">): boolean =>
  facts.flattens === true && intent.reduceOnly && isToBeClosed(state, intent);

const NO_SHARE: Share = { quantity: ZERO, price: ZERO, riskPerUnit: ZERO };

/** `isAlone`: as if nothing else were open on its side; of a question, never of a real order. */
export function caseOf(
  state: LedgerState,
  intent: OrderIntent,
  facts: DecideFacts,
  now: number,
  replaced: LedgerOrder | null = null,
  isAlone = false,
): IntentCase {
  const { algoId, instrument, account, side } = intent;
  const holding = state.holdings.get(holdingKey(algoId, instrument, account)) ?? null;
  const quantity = decimal(intent.quantity);
  const remaining = maxDecimal(ZERO, quantity.minus(replaced?.filled ?? ZERO));
  const mark = goodMark(state, instrument);
  const unit = unitRiskNow(state, intent);
  const currency = facts.instrument?.currency ?? holding?.currency ?? null;
  const rate = rateOf(state, currency);

  const free = isAlone
    ? closableNow(state, holding, side)
    : freeToClose(state, holding, side, otherOrders(holding, side, replaced).quantity);
  // Of a bracket's two exits only one can be all filled.
  const counted = maxDecimal(ZERO, remaining.minus(heldByStop(holding, intent)));
  const opening = maxDecimal(ZERO, counted.minus(free));
  const opened = maxDecimal(ZERO, (replaced?.share?.quantity ?? ZERO).minus(free));
  const lowers = onlyLowers(intent, quantity, replaced);
  const onlyReduces = lowers || (facts.instrument !== null && opening.eq(ZERO));
  const added = unit && addedRisk(holding, side, { remaining: counted, unit, replaced });
  return {
    state,
    intent,
    facts,
    now,
    replaced,
    holding,
    quantity,
    remaining,
    mark,
    unit,
    rate,
    opening,
    opened,
    lowers,
    onlyReduces,
    addedRisk: added && rate && added.times(rate),
    notional: unit && rate && remaining.times(unit.price).times(rate),
  };
}

/** The open orders on this side but for the one that is to be replaced. */
function otherOrders(holding: Holding | null, side: Side, replaced: LedgerOrder | null) {
  const totals = holding?.sides[side] ?? EMPTY_SIDE;
  return replaced?.share ? withoutShare(totals, replaced.share) : totals;
}

function onlyLowers(intent: OrderIntent, quantity: Decimal, replaced: LedgerOrder | null): boolean {
  if (!replaced) return false;
  const { limitPrice, stopPrice } = replaced.order;
  const samePrices = limitPrice === intent.limitPrice && stopPrice === intent.stopPrice;
  return samePrices && quantity.lte(replaced.quantity);
}

/** Until the broker has answered a modify, the dearer of both terms is reserved. */
function addedRisk(
  holding: Holding | null,
  side: Side,
  asked: { remaining: Decimal; unit: UnitRisk; replaced: LedgerOrder | null },
): Decimal {
  const old = asked.replaced?.share ?? NO_SHARE;
  const share: Share = {
    quantity: maxDecimal(asked.remaining, old.quantity),
    price: maxDecimal(asked.unit.price, old.price),
    riskPerUnit: maxDecimal(asked.unit.moneyAtRisk, old.riskPerUnit),
  };
  if (!holding) return share.quantity.times(share.riskPerUnit);
  const totals = withShare(withoutShare(holding.sides[side], old), share);
  const after = sideRisk(totals, closable(holding.position.quantity, side), function* () {
    for (const each of sharesOf(holding, side)) if (each !== old) yield each;
    yield share;
  });
  return after.minus(openRisk(holding, side));
}

/** Per unit figures to reserve; an order that only reduces may come without a price of its own. */
export function reservedUnit({ unit, holding, onlyReduces }: IntentCase): UnitRisk | null {
  if (unit) return unit;
  const cost = onlyReduces && holding ? averagePrice(holding.position) : null;
  if (!cost) return onlyReduces ? NO_UNIT_RISK : null;
  return { price: cost, moneyAtRisk: cost, stop: null };
}

/** The intent that an order would be on its new terms. */
export const changedIntent = (order: OrderIntent, changes: OrderChanges): OrderIntent => ({
  ...order,
  quantity: changes.quantity ?? order.quantity,
  limitPrice: changes.limitPrice ?? order.limitPrice,
  stopPrice: changes.stopPrice ?? order.stopPrice,
});

/** What an order adds to the open ones of its side at its account. */
interface Added {
  account: string;
  side: Side;
  quantity: Decimal;
}

/**
 * Largest absolute position of the holdings, all of one instrument, that their orders can lead to, with
 * `added`. Accounts are added up: a short at one broker closes no long at another.
 */
export function worstPosition(holdings: Iterable<Holding>, added: Added | null = null): Decimal {
  const accounts = new Map<string, { quantity: Decimal; buys: Decimal; sells: Decimal }>();
  const at = (account: string) => {
    let sums = accounts.get(account);
    if (!sums) accounts.set(account, (sums = { quantity: ZERO, buys: ZERO, sells: ZERO }));
    return sums;
  };
  for (const { account, position, sides } of holdings) {
    const sums = at(account);
    sums.quantity = sums.quantity.plus(position.quantity);
    sums.buys = sums.buys.plus(sides.buy.quantity);
    sums.sells = sums.sells.plus(sides.sell.quantity);
  }
  if (added) {
    const sums = at(added.account);
    if (added.side === "buy") sums.buys = sums.buys.plus(added.quantity);
    else sums.sells = sums.sells.plus(added.quantity);
  }
  let worst = ZERO;
  for (const { quantity, buys, sells } of accounts.values())
    worst = worst.plus(maxDecimal(quantity.plus(buys).abs(), quantity.minus(sells).abs()));
  return worst;
}

/** The holdings of an algo in an instrument, one for each account. */
export function* holdingsOfAlgo(
  state: LedgerState,
  algoId: string,
  instrument: string,
): Generator<Holding> {
  for (const holding of state.holdingsOf.get(instrument) ?? [])
    if (holding.algoId === algoId) yield holding;
}

/** How much the order adds to what is open on its side. */
export function addedQuantity({ remaining, replaced }: IntentCase): Decimal {
  return maxDecimal(ZERO, remaining.minus(replaced?.share?.quantity ?? ZERO));
}

/** What it adds to the notional of the open orders, in the base currency; null when a price or a rate is missing. */
export function addedNotional({ notional, rate, replaced }: IntentCase): Decimal | null {
  if (!notional || !rate) return null;
  const old = replaced?.share;
  return old
    ? maxDecimal(ZERO, notional.minus(old.quantity.times(old.price).times(rate)))
    : notional;
}

export const figuresAt = (state: LedgerState, scope: string): Figures =>
  state.aggregates.get(scope)?.figures ?? NO_FIGURES;

export const pairOf = ({ intent }: IntentCase): string =>
  pairScope(intent.algoId, intent.instrument);

export const tightest = (each: IntentCase, name: LimitName): ScopedLimit | null =>
  each.state.limits.tightest(name, each.intent.algoId, each.intent.instrument);

export const limitsOn = (each: IntentCase, name: LimitName): ScopedLimit[] =>
  each.state.limits.on(name, each.intent.algoId, each.intent.instrument);

/** The same with what is set for the account: orders are counted there, too. */
export function orderLimitsOn(each: IntentCase, name: LimitName): ScopedLimit[] {
  const scope = accountScope(each.intent.account);
  const value = each.state.limits.at(scope, name);
  const others = limitsOn(each, name);
  return value ? [...others, { scope, value }] : others;
}

/** The price that a price is compared with: the worse side would flatter it, so the last one. */
export const markPrice = (mark: Mark): Decimal => decimal(mark.price);

/**
 * True when the mark is there, young enough for an entry, and not called stale by its provider's shard. One
 * from the future says that a clock is wrong, and would keep every later one out until that time.
 */
export function isFresh(mark: Mark | null, ageMsMax: Decimal | null, now: number): boolean {
  if (!mark || mark.stale === true || !isGoodPrice(mark.price)) return false;
  if (mark.time - now > MARK_AHEAD_MS_MAX) return false;
  return ageMsMax === null || ageMsMax.gte(now - mark.time);
}
