/** The orders of a plan: what is asked for, what is asked again, and what is changed or taken back. */
import type { OrderType, TimeInForce } from "../../../src/domain/order.ts";
import type { PlannedOrder, Step } from "./plan-steps.ts";
import type { Random } from "./random.ts";

export function planOrder(steps: Step[], random: Random, clientOrderId: string): void {
  const start = random.between(0, 20_000);
  const quantity = random.between(1, 5);
  const type = random.chance(0.55)
    ? "limit"
    : random.pick<OrderType>(["market", "stop", "stop_limit"]);
  const reduceOnly = random.chance(0.1);
  const order: PlannedOrder = {
    clientOrderId,
    algo: random.chance(0.7) ? "momentum" : "reversal",
    side: random.pick(["buy", "sell"]),
    quantity,
    type,
    timeInForce: random.pick<TimeInForce>(["gtc", "gtc", "day", "ioc"]),
    bracket: !reduceOnly && random.chance(0.25),
    reduceOnly,
  };
  const submit = { kind: "submit", ...order } as const;
  steps.push({ ...submit, at: start });
  // Whoever got no answer asks again.
  if (random.chance(0.3)) steps.push({ ...submit, at: start + random.between(0, 3_000) });
  if (random.chance(0.1))
    steps.push({
      kind: "submit_other_body",
      at: start + random.between(0, 5_000),
      clientOrderId,
    });
  if (random.chance(0.4))
    steps.push({ kind: "cancel", at: start + random.between(0, 15_000), clientOrderId });
  for (let time = 0; time < 2; time += 1) {
    if (random.chance(0.5)) continue;
    const more = random.chance(0.6) ? String(quantity + random.between(1, 3)) : null;
    const at = start + random.between(500, 10_000);
    const priced = type === "limit" || type === "stop_limit";
    if (!priced && more === null) continue;
    steps.push({
      kind: "modify",
      at,
      clientOrderId,
      quantity: more,
      limitPrice: priced ? "99.9" : null,
    });
  }
}
