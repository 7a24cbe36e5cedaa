/**
 * What an algo may still close of its position: what it holds, less its share of what was traded against
 * it past the platform. A broker's liquidation leaves the algo's own books as they were, and what it
 * believes to hold is no longer there to be sold.
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
import { EXTERNAL_ALGO } from "./external.ts";
import { closable } from "./money-at-risk.ts";
import { holdingKey, type Holding, type LedgerState } from "./state.ts";

/** Units that an order of `side` can close. Several algos that hold the same way bear a cut by what each holds. */
export function closableNow(state: LedgerState, holding: Holding | null, side: Side): Decimal {
  if (!holding) return ZERO;
  const own = closable(holding.position.quantity, side);
  const { algoId, instrument, account } = holding;
  const external = state.holdings.get(holdingKey(EXTERNAL_ALGO, instrument, account));
  if (!external || algoId === EXTERNAL_ALGO || own.eq(ZERO)) return own;
  const others: Decimal[] = [];
  for (const each of state.holdingsOf.get(instrument) ?? [])
    if (each !== external && each.account === account) others.push(each.position.quantity);
  return afterCut(own, external.position.quantity, others, side);
}

/** `own` less its share of what `external` holds against it; `held`: what each algo holds, itself among them. */
function afterCut(own: Decimal, external: Decimal, held: Iterable<Decimal>, side: Side): Decimal {
  // What an order of the other side would close of it was traded on this side.
  const cut = closable(external, side === "sell" ? "buy" : "sell");
  if (cut.eq(ZERO)) return own;
  let all = ZERO;
  for (const quantity of held) all = all.plus(closable(quantity, side));
  return maxDecimal(ZERO, own.minus(own.times(minDecimal(cut, all)).div(all)));
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
  if (quantity.eq(ZERO) || position.algoId === EXTERNAL_ALGO) return quantity.abs();
  const beside = positions.filter(
    ({ account, instrument }) => account === position.account && instrument === position.instrument,
  );
  const external = beside.find(({ algoId }) => algoId === EXTERNAL_ALGO);
  if (!external) return quantity.abs();
  const held = beside.filter((each) => each !== external).map((each) => decimal(each.quantity));
  const side = quantity.gt(ZERO) ? "sell" : "buy";
  return afterCut(quantity.abs(), decimal(external.quantity), held, side);
}
