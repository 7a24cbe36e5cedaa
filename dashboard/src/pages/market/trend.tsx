/** The last day as a line, with the live price at its end. */
import type { Candle } from "../../../../src/contract/market.ts";
import { trendPath } from "./trend-path.ts";
import styles from "./market.module.css";

const WIDTH = 76;
const HEIGHT = 26;

export function Trend({ candles, last }: { candles: Candle[] | undefined; last: number | null }) {
  const closes = (candles ?? []).map((candle) => candle.close);
  if (last !== null) closes.push(last);
  const first = candles?.[0]?.open;
  const path = trendPath(closes, WIDTH, HEIGHT);
  if (path === null || first === undefined) return null;
  const end = closes.at(-1) ?? first;
  const tone = end > first ? "var(--tl-up)" : end < first ? "var(--tl-down)" : "var(--tl-ink-3)";
  return (
    <svg className={styles.trend} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path d={path} fill="none" stroke={tone} strokeWidth="1.3" strokeLinejoin="round" />
    </svg>
  );
}
