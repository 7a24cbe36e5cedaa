/** Small words for states. The word always stands beside the colour. */
import type { ReactNode } from "react";
import type { OrderState, Side } from "../../../src/contract/orders.ts";
import { ORDER_STATE_TONES, plain, type Tone } from "../format/words.ts";
import styles from "./badge.module.css";

export function Badge({ tone = "calm", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

export function Dot({ tone }: { tone: Tone }) {
  return <span className={styles.dot} data-tone={tone} aria-hidden="true" />;
}

export function OrderStateBadge({ state }: { state: OrderState }) {
  return <Badge tone={ORDER_STATE_TONES[state]}>{plain(state)}</Badge>;
}

export function SideWord({ side }: { side: Side }) {
  return (
    <span className={`${styles.side} ${side === "buy" ? "tl-up" : "tl-down"}`}>
      {side === "buy" ? "Buy" : "Sell"}
    </span>
  );
}
