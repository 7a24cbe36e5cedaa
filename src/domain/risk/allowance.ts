/**
 * What may still be closed of a position, as far as its account has it: algos and `external`, who stands for
 * all that was traded past the platform, hold one position there together. A broker's liquidation leaves the
 * algo's own books as they were, and what it believes to hold is no longer there to be sold; nor is what
 * `external` holds against it there to be bought back.
 */
import {
  decimal,
  maxDecimal,
  minDecimal,
  ZERO,
  type Decimal,
  type DecimalText,
} from "../decimal.ts";
import type { Side } from "../order.ts";
import type { Position } from "../position.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import { closable } from "./money-at-risk.ts";
import { holdingKey, type Holding, type LedgerState } from "./state.ts";

/** Units that an order of `side` can close. Several algos that hold the same way bear a cut by what each holds. */
export function closableNow(state: LedgerState, holding: Holding | null, side: Side): Decimal {
  if (!holding) return ZERO;
  const own = closable(holding.position.quantity, side);
  if (own.eq(ZERO) || !meetsExternal(state, holding)) return own;
  return afterCut(own, holding.algoId, sumsOf(besideOf(state, holding), side));
}

/**
 * What of them is free beside what is open on that side, `ownOpen` of it the holding's own. Shares of a cut move
 * while other algos' closing orders fill: with those, too, no more is closed than the account has.
 */
export function freeToClose(
  state: LedgerState,
  holding: Holding | null,
  side: Side,
  ownOpen: Decimal,
): Decimal {
  const own = maxDecimal(ZERO, closableNow(state, holding, side).minus(ownOpen));
  if (!holding || own.eq(ZERO) || holding.algoId === EXTERNAL_ALGO) return own;
  if (!meetsExternal(state, holding)) return own;
  const beside = [...besideOf(state, holding)];
  const { cut, held } = sumsOf(beside, side);
  if (cut.eq(ZERO)) return own;
  let open = ZERO;
  for (const each of beside) {
    if (each.algoId === EXTERNAL_ALGO) continue;
    const there = each === holding ? ownOpen : each.sides[side].quantity;
    open = open.plus(minDecimal(there, closable(each.position.quantity, side)));
  }
  return maxDecimal(ZERO, minDecimal(own, held.minus(cut).minus(open)));
}

/** Whether what `external` holds may cut what algos hold of it at its account: each then depends on the others. */
export const meetsExternal = (
  state: LedgerState,
  { algoId, instrument, account }: Holding,
): boolean =>
  algoId === EXTERNAL_ALGO || state.holdings.has(holdingKey(EXTERNAL_ALGO, instrument, account));

/** The holdings of its instrument at its account, itself among them. */
export function* besideOf(
  state: LedgerState,
  { instrument, account }: Holding,
): Generator<Holding> {
  for (const each of state.holdingsOf.get(instrument) ?? [])
    if (each.account === account) yield each;
}

interface Sums {
  /** What algos hold that an order of the side would close. */
  held: Decimal;
  /** What of it was traded on that side past the platform already. */
  cut: Decimal;
  /** What algos hold the other way. */
  against: Decimal;
}

interface Held {
  algoId: string;
  position: Pick<Position, "quantity">;
}

function sumsOf(beside: Iterable<Held>, side: Side): Sums {
  const other = side === "sell" ? "buy" : "sell";
  let held = ZERO;
  let against = ZERO;
  let external = ZERO;
  for (const { algoId, position } of beside) {
    if (algoId === EXTERNAL_ALGO) {
      external = external.plus(closable(position.quantity, other));
      continue;
    }
    held = held.plus(closable(position.quantity, side));
    against = against.plus(closable(position.quantity, other));
  }
  return { held, cut: minDecimal(external, held), against };
}

/** `own` less its share of what is held against it at the account. */
function afterCut(own: Decimal, algoId: string, { held, cut, against }: Sums): Decimal {
  if (algoId === EXTERNAL_ALGO) return maxDecimal(ZERO, own.minus(against));
  return cut.eq(ZERO) ? own : maxDecimal(ZERO, own.minus(own.times(cut).div(held)));
}

interface HeldPosition {
  algoId: string;
  account: string;
  instrument: string;
  /** Signed. */
  quantity: DecimalText;
}

/** The same for a list of positions, whose other orders it knows nothing of: units of `position` that can be closed. */
export function closableOf(positions: readonly HeldPosition[], position: HeldPosition): Decimal {
  const quantity = decimal(position.quantity);
  if (quantity.eq(ZERO)) return ZERO;
  const beside = positions
    .filter(
      ({ account, instrument }) =>
        account === position.account && instrument === position.instrument,
    )
    .map((each) => ({ algoId: each.algoId, position: { quantity: decimal(each.quantity) } }));
  const side = quantity.gt(ZERO) ? "sell" : "buy";
  return afterCut(quantity.abs(), position.algoId, sumsOf(beside, side));
}
