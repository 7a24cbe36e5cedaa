/** Closes every position under a halted scope by a market order that may only reduce. Nothing else passes a halt. */
import { decimal, decimalText, floorToStep, ZERO, type Decimal } from "../domain/decimal.ts";
import { closableOf } from "../domain/risk/allowance.ts";
import { underScope } from "../domain/risk/ledger.ts";
import type { ScopeText } from "../domain/scope.ts";
import { errorText } from "./log.ts";
import { gatherFacts } from "./order-facts.ts";
import type { OrderPorts } from "./order-ports.ts";
import { reserveIntent, sendFirst } from "./submit-order.ts";
import type { PositionView } from "../contract/orders.ts";

export interface Flattened {
  /** Positions under the scope of which something is left to close. */
  positions: number;
  /** Closing orders that left for their gateway. */
  sent: number;
}

/** Asking again sends nothing twice: what is on its way leaves nothing free to close. */
export async function flattenScope(
  ports: OrderPorts,
  scope: ScopeText,
  now: number,
): Promise<Flattened> {
  const held = await ports.ledger.positions();
  // What was closed past the platform is no longer there to be closed.
  const open = held
    .filter(underScope(scope))
    .map((position) => ({ position, closable: closableOf(held, position) }))
    .filter(({ closable }) => closable.gt(ZERO));
  const sent = await Promise.all(
    open.map(({ position, closable }) => close(ports, position, closable, now)),
  );
  return { positions: open.length, sent: sent.filter(Boolean).length };
}

async function close(
  ports: OrderPorts,
  { algoId, account, instrument, quantity }: PositionView,
  closable: Decimal,
  now: number,
): Promise<boolean> {
  const market = ports.market(account);
  if (!market) return false;
  const held = decimal(quantity);
  const intent = {
    clientOrderId: `fl-${crypto.randomUUID().replaceAll("-", "")}`,
    algoId,
    account,
    instrument,
    side: held.gt(ZERO) ? ("sell" as const) : ("buy" as const),
    type: "market" as const,
    quantity: decimalText(closable),
    limitPrice: null,
    stopPrice: null,
    timeInForce: "day" as const,
    protectiveStop: null,
    reduceOnly: true,
  };
  try {
    const known = await gatherFacts(market, instrument, intent, now);
    const facts = { ...known, epoch: await ports.epoch?.(), flattens: true };
    // A share of a cut may be no whole number of lots.
    const lot = decimal(known.instrument?.lotSize ?? "0");
    const whole = lot.gt(ZERO) ? floorToStep(closable, lot) : closable;
    if (whole.lte(ZERO)) return false;
    intent.quantity = decimalText(whole);
    const answer = await reserveIntent(ports, market, intent, facts, now);
    if (answer.kind !== "approved") {
      const refusal = answer.kind === "denied" ? answer.refusal.code : "existing";
      ports.log("warn", "flatten_refused", { algoId, instrument, refusal });
      return false;
    }
    await sendFirst(ports, answer.approved, answer.order, now);
    return true;
  } catch (error) {
    ports.log("error", "flatten_failed", { algoId, instrument, error: errorText(error) });
    return false;
  }
}
