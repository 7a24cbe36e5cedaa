/**
 * A fill that nobody reported and that the positions prove: booked under an id made of the facts, and
 * taken back, unit by unit, when the real one comes. The two never add up.
 */
import { decimal, decimalText, minDecimal, ZERO } from "../decimal.ts";
import type { Execution, OrderPost, Side } from "../order.ts";
import type { Doubt } from "./doubt.ts";
import { INFERRED_PREFIX, syntheticId } from "./synthetic-id.ts";

export interface InferredFill {
  execution: Execution;
  /** How much of it real fills have replaced. */
  replaced: string;
}

/**
 * The fill that would explain the doubt. The same doubt gives the same fill, whenever it is asked.
 * `seenAt`: by when the fill had been made, ms since 1970 by the broker's clock, which will date the real one, too.
 */
export function inferredFill(
  doubt: Doubt,
  facts: { account: string; price: string; currency: string; seenAt: number },
): InferredFill {
  const { instrument, delta, since } = doubt;
  const { account, price, currency, seenAt } = facts;
  const id = `${INFERRED_PREFIX}${syntheticId(account, instrument, delta, since)}`;
  const quantity = decimal(delta);
  const execution: Execution = {
    executionId: id,
    clientOrderId: `external-${id}`,
    brokerOrderId: id,
    account,
    instrument,
    side: quantity.gt(ZERO) ? "buy" : "sell",
    quantity: decimalText(quantity.abs()),
    price,
    fee: "0",
    feeCurrency: currency,
    executedAt: seenAt,
  };
  return { execution, replaced: "0" };
}

const opposite = (side: Side): Side => (side === "buy" ? "sell" : "buy");

/**
 * What a real fill takes back of the inferred ones: the same instrument and side, the oldest first.
 * Answers what changed of each, with the execution that undoes it at the inferred price.
 */
export function replaceInferred(
  open: readonly InferredFill[],
  real: Execution,
): { inferred: InferredFill; undo: Execution }[] {
  let left = decimal(real.quantity);
  return open.flatMap((each) => {
    const { execution } = each;
    const rest = decimal(execution.quantity).minus(decimal(each.replaced));
    // What was traded after the difference stood its quiet time cannot be what caused it.
    const matches =
      execution.instrument === real.instrument &&
      execution.side === real.side &&
      real.executedAt <= execution.executedAt;
    const taken = matches ? minDecimal(left, rest) : ZERO;
    if (taken.lte(ZERO)) return [];
    left = left.minus(taken);
    const id = `${INFERRED_PREFIX}${syntheticId(execution.executionId, real.executionId)}`;
    const undo: Execution = {
      ...execution,
      executionId: id,
      clientOrderId: `external-${id}`,
      brokerOrderId: id,
      side: opposite(execution.side),
      quantity: decimalText(taken),
    };
    const replaced = decimalText(decimal(each.replaced).plus(taken));
    return [{ inferred: { execution, replaced }, undo }];
  });
}

export const isReplaced = ({ execution, replaced }: InferredFill): boolean =>
  decimal(replaced).gte(decimal(execution.quantity));

export const fillPost = (execution: Execution): OrderPost => ({
  eventId: `${execution.clientOrderId}:fill:${execution.executionId}`,
  clientOrderId: execution.clientOrderId,
  event: { kind: "filled", execution },
  at: execution.executedAt,
});
