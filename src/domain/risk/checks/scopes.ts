/** The scopes of trading states and kill switches that an intent stands under, the widest first. */
import type { OrderIntent } from "../../order.ts";

export const killScopes = (intent: OrderIntent): readonly string[] => [
  "portfolio",
  `account:${intent.account}`,
  `algo:${intent.algoId}`,
  `instrument:${intent.instrument}`,
];
