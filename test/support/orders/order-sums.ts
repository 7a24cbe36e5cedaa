/** Small sums over orders that the rules of a run share. */
import { decimal, ZERO, type Decimal } from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";
import { parseScope } from "../../../src/domain/scope.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";

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

/** The orders of the same algo in the same instrument. */
export const beside = (
  ledger: SimulatedLedger,
  { algoId, instrument }: Pick<Order, "algoId" | "instrument">,
): Order[] =>
  ledger.store.orders().filter((each) => each.algoId === algoId && each.instrument === instrument);

/** What that algo holds of it, by the fills of its orders. */
export const heldBy = (ledger: SimulatedLedger, order: Order): Decimal =>
  beside(ledger, order).reduce(
    (sum, each) => sum.plus(decimal(each.filledQuantity).times(signOf(each))),
    ZERO,
  );
