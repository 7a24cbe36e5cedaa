/** Candles of one instrument: history from the API, the bar in progress folded from every tick. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { stream } from "../../api/live.ts";
import { useCandles } from "../../api/market-queries.ts";
import { Empty, Failed, Loading } from "../../components/panel.tsx";
import type { Candle, CandleInterval } from "../../../../src/contract/market.ts";
import { CandleChart } from "./candle-chart.ts";
import { foldTick } from "./live-bar.ts";
import styles from "./market.module.css";

const BARS = 500;

interface ChartProps {
  instrument: string;
  interval: CandleInterval;
  digits: number | undefined;
}

export default function Chart({ instrument, interval, digits }: ChartProps) {
  const candles = useCandles(instrument, interval, BARS);
  const scheme = useComputedColorScheme("light");
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<CandleChart | null>(null);

  useEffect(() => {
    if (element.current === null) return undefined;
    const made = new CandleChart(element.current);
    chart.current = made;
    return () => {
      chart.current = null;
      made.remove();
    };
  }, []);

  useEffect(() => chart.current?.paint(scheme), [scheme]);
  useEffect(() => chart.current?.setGrid(digits ?? 2, interval), [digits, interval]);

  const history = candles.data;
  useEffect(() => {
    if (history === undefined) return undefined;
    chart.current?.setHistory(history);
    let current: Candle | null = history.at(-1) ?? null;
    return stream.quotes.onTick(instrument, (tick, snapshot) => {
      const bars = foldTick(current, interval, tick, snapshot);
      if (bars.length === 0) return;
      current = bars.at(-1) ?? current;
      for (const bar of bars) chart.current?.setBar(bar);
    });
  }, [history, instrument, interval]);

  return (
    <>
      <div
        ref={element}
        style={{ height: "100%" }}
        role="img"
        aria-label={`Candles of ${instrument}`}
      />
      {history === undefined && (
        <div className={styles.chartState}>
          {candles.error ? (
            <Failed failure={candles.error} retry={() => void candles.refetch()} />
          ) : (
            <Loading rows={6} />
          )}
        </div>
      )}
      {history?.length === 0 && (
        <div className={styles.chartState} style={{ pointerEvents: "none" }}>
          <Empty title="No candles yet" text="The first bar appears when the market has traded." />
        </div>
      )}
    </>
  );
}
