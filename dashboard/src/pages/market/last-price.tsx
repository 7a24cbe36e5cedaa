/** The last price. It flashes green or red when it changes, and fades back to ink. */
import type { Quote } from "../../api/stream-state.ts";
import { formatPrice } from "../../format/number.ts";
import styles from "./market.module.css";

interface LastPriceProps {
  quote: Quote | undefined;
  digits: number | undefined;
}

export function LastPrice({ quote, digits }: LastPriceProps) {
  const half = (quote?.changes ?? 0) % 2 === 0 ? "a" : "b";
  const flash = quote && quote.direction !== 0 ? `${quote.direction}${half}` : undefined;
  return (
    <span className={styles.last} data-testid="last" data-flash={flash}>
      {formatPrice(quote?.tick.last, digits)}
    </span>
  );
}
