/** Closes every position under a halted scope by a market order that may only reduce. Nothing else passes a halt. */
import { decimal, decimalText, ZERO } from "../domain/decimal.ts";
import { underScope } from "../domain/risk/ledger.ts";
import type { ScopeText } from "../domain/scope.ts";
import { errorText } from "./log.ts";
import { gatherFacts } from "./order-facts.ts";
import type { OrderPorts } from "./order-ports.ts";
import { reserveIntent, sendFirst } from "./submit-order.ts";
import type { PositionView } from "../contract/orders.ts";

export interface Flattened {
  /** Positions under the scope that were not flat. */
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
  const open = (await ports.ledger.positions()).filter(
    (position) => !decimal(position.quantity).eq(ZERO) && underScope(scope)(position),
  );
  const sent = await Promise.all(open.map((position) => close(ports, position, now)));
  return { positions: open.length, sent: sent.filter(Boolean).length };
}

async function close(
  ports: OrderPorts,
  { algoId, account, instrument, quantity }: PositionView,
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
    quantity: decimalText(held.abs()),
    limitPrice: null,
    stopPrice: null,
    timeInForce: "day" as const,
    protectiveStop: null,
    reduceOnly: true,
  };
  try {
    const known = await gatherFacts(market, instrument, intent, now);
    const facts = { ...known, epoch: await ports.epoch?.(), flattens: true };
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
