/** Our times as the broker's clock would have said them, as far as ours is measured against it. */
import type { GatewayPorts } from "./ports.ts";

/** `at` in ms since 1970, by our clock. */
export const brokersTime = ({ clockOffsetMs }: Pick<GatewayPorts, "clockOffsetMs">, at: number) =>
  at - (clockOffsetMs?.() ?? 0);
