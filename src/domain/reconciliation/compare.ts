/**
 * Compares our books with a broker's over the union of their keys. It is given answers only: a query
 * that failed never comes here, so a side that is missing a key really has nothing under it.
 */
import { decimal, decimalText, ZERO, type Decimal } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { Execution } from "../order.ts";
import type { Difference } from "./difference.ts";
import { GIVEN_BACK_PREFIX, HAND_PREFIX } from "./synthetic-id.ts";

/** A row of quantity by instrument; several rows of one instrument add up. */
export interface Quantity {
  instrument: InstrumentId;
  /** Signed. */
  quantity: string;
}

export function sumByInstrument(rows: Iterable<Quantity>): Map<InstrumentId, Decimal> {
  const sums = new Map<InstrumentId, Decimal>();
  for (const { instrument, quantity } of rows)
    sums.set(instrument, (sums.get(instrument) ?? ZERO).plus(decimal(quantity)));
  return sums;
}

/** Signed: what the execution did to the position. */
export const signedQuantity = ({ side, quantity }: Execution): string =>
  decimalText(side === "buy" ? decimal(quantity) : decimal(quantity).neg());

const sorted = (keys: Iterable<string>): string[] =>
  [...new Set(keys)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

export function comparePositions(
  ours: Iterable<Quantity>,
  theirs: Iterable<Quantity>,
): Extract<Difference, { kind: "position_differs" }>[] {
  const here = sumByInstrument(ours);
  const there = sumByInstrument(theirs);
  return sorted([...here.keys(), ...there.keys()]).flatMap((instrument) => {
    const [have, has] = [here.get(instrument) ?? ZERO, there.get(instrument) ?? ZERO];
    if (have.eq(has)) return [];
    const [mine, yours] = [decimalText(have), decimalText(has)];
    return [{ kind: "position_differs", instrument, ours: mine, theirs: yours } as const];
  });
}

/**
 * Executions by their ids. A person's own booking of a dead letter stands for the broker's executions
 * of that order: of those, only what goes beyond it can be missing.
 */
export function compareExecutions(
  ours: readonly Execution[],
  theirs: readonly Execution[],
): Difference[] {
  const byHand = new Map<string, Decimal>();
  for (const { executionId, brokerOrderId, quantity } of ours)
    if (executionId.startsWith(HAND_PREFIX)) byHand.set(brokerOrderId, decimal(quantity));
  const here = byId(ours);
  const there = byId(theirs);
  return sorted([...here.keys(), ...there.keys()]).flatMap((id): Difference[] => {
    const [mine, yours] = [here.get(id), there.get(id)];
    if (mine && yours) return compareExecution(mine, yours, byHand);
    if (mine) return isOursAlone(id) ? [] : [{ kind: "missing_there", execution: mine }];
    if (!yours || isCovered(yours, theirs, byHand)) return [];
    return [{ kind: "missing_here", execution: yours }];
  });
}

/** A person's booking, and what it took out of `external` again: no broker tells of them. */
const isOursAlone = (executionId: string): boolean =>
  executionId.startsWith(HAND_PREFIX) || executionId.startsWith(GIVEN_BACK_PREFIX);

const byId = (rows: readonly Execution[]): Map<string, Execution> =>
  new Map(rows.map((row) => [row.executionId, row]));

/** True when a person's figure takes in this execution whole, and all that came before it. */
function isCovered(
  execution: Execution,
  theirs: readonly Execution[],
  byHand: ReadonlyMap<string, Decimal>,
): boolean {
  const figure = byHand.get(execution.brokerOrderId);
  if (!figure) return false;
  const upTo = theirs
    .filter(
      (each) =>
        each.brokerOrderId === execution.brokerOrderId && each.executedAt <= execution.executedAt,
    )
    .reduce((sum, each) => sum.plus(decimal(each.quantity)), ZERO);
  return upTo.lte(figure);
}

function compareExecution(
  ours: Execution,
  theirs: Execution,
  byHand: ReadonlyMap<string, Decimal>,
): Difference[] {
  const [mine, yours] = [decimal(ours.quantity), decimal(theirs.quantity)];
  const sameWay = ours.side === theirs.side && ours.instrument === theirs.instrument;
  // What went beyond a person's figure is booked here as the rest of the broker's execution.
  const isRest = byHand.has(theirs.brokerOrderId) && mine.lt(yours);
  if (!sameWay || (!mine.eq(yours) && !isRest)) return [{ kind: "quantity_differs", ours, theirs }];
  if (!decimal(ours.price).eq(decimal(theirs.price)))
    return [{ kind: "price_differs", ours, theirs }];
  return [];
}

/**
 * Funds that moved without a trade: a deposit, a withdrawal, a charge. With trades in between, they may
 * move as they like.
 */
export function compareFunds(
  before: readonly { currency: string; total: string }[],
  now: readonly { currency: string; total: string }[],
  traded: boolean,
): Extract<Difference, { kind: "funds_differ" }>[] {
  if (traded) return [];
  const had = new Map(before.map(({ currency, total }) => [currency, total]));
  const have = new Map(now.map(({ currency, total }) => [currency, total]));
  return sorted([...had.keys(), ...have.keys()]).flatMap((currency) => {
    const [ours, theirs] = [had.get(currency) ?? "0", have.get(currency) ?? "0"];
    if (decimal(ours).eq(decimal(theirs))) return [];
    return [{ kind: "funds_differ", currency, ours, theirs } as const];
  });
}
