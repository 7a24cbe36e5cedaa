/** One instrument in full: chart, quote, and the way to an order. */
import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useWatch } from "../../api/live.ts";
import { useInstrument } from "../../api/market-queries.ts";
import { InstrumentName } from "../../components/instrument-link.tsx";
import { Empty, Loading, Panel } from "../../components/panel.tsx";
import { CANDLE_INTERVALS, type CandleInterval } from "../../../../src/contract/market.ts";
import { digitsOf } from "../../format/number.ts";
import styles from "./market.module.css";
import { QuotePanel } from "./quote-panel.tsx";

/** The chart library is a third of the app: it comes when a chart is first shown. */
const Chart = lazy(() => import("./chart.tsx"));

export function InstrumentDetail({ instrument }: { instrument: string }) {
  useWatch(instrument);
  const [interval, setInterval] = useState<CandleInterval>("1m");
  const reference = useInstrument(instrument);
  if (reference === null) {
    return (
      <Panel title={instrument}>
        <Empty
          title="No broker knows this instrument"
          text={`${instrument} is written EXCHANGE:SYMBOL, such as NSE:INFY. Search for it in the watchlist.`}
        />
      </Panel>
    );
  }
  const digits = reference ? digitsOf(reference.tickSize) : undefined;
  return (
    <>
      <QuotePanel instrument={instrument} reference={reference} digits={digits} />
      <Panel
        title="Candles"
        note={<InstrumentName id={instrument} />}
        flush
        actions={
          <SegmentedControl
            aria-label="Candle interval"
            data={[...CANDLE_INTERVALS]}
            value={interval}
            onChange={setInterval}
          />
        }
      >
        <div className={styles.chart}>
          <Suspense fallback={<Loading rows={6} />}>
            <Chart key={interval} instrument={instrument} interval={interval} digits={digits} />
          </Suspense>
        </div>
      </Panel>
    </>
  );
}
