/** What happens to brackets on purpose, by a random of its own: by chance alone it comes seldom. */
import { MARKET_ORDER, type Step } from "./plan-steps.ts";
import type { Random } from "./random.ts";

/** A bracket that turns a position round: its exits are for a part of what has filled. */
export function planTurned(steps: Step[], random: Random): void {
  if (!random.chance(0.12)) return;
  const at = random.between(1_000, 30_000);
  const [side, other] = random.pick([["buy", "sell"] as const, ["sell", "buy"] as const]);
  steps.push(
    { ...MARKET_ORDER, at, clientOrderId: "held", side: other, quantity: random.between(1, 4) },
    {
      ...MARKET_ORDER,
      at: at + random.between(3_000, 8_000),
      clientOrderId: "turned",
      side,
      quantity: random.between(5, 8),
      bracket: true,
    },
  );
}
