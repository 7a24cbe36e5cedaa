/** Small sums over orders that the rules of a run share. */
import { decimal, type Decimal } from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";
import { parseScope } from "../../../src/domain/scope.ts";

export const covers = (
  scope: string,
  order: { algoId: string; account: string; instrument: string },
): boolean => {
  const parsed = parseScope(scope);
  if (parsed?.kind === "algo") return parsed.algoId === order.algoId;
  if (parsed?.kind === "account") return parsed.account === order.account;
  if (parsed?.kind === "instrument") return parsed.instrument === order.instrument;
  return true;
};

export const isDone = ({ state }: Order): boolean => isTerminal(state) || state === "denied";

export const restOf = ({ quantity, filledQuantity }: Order): Decimal =>
  decimal(quantity).minus(filledQuantity);

export const signOf = ({ side }: Pick<Order, "side">): 1 | -1 => (side === "buy" ? 1 : -1);
