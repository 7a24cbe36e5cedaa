/** Candles of one instrument as the platform builds them: history first, then every bar as it grows and closes. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ApiFailure } from "../../api/client.ts";
import { stream, useConnection } from "../../api/live.ts";
import { Empty, Failed, Loading } from "../../components/panel.tsx";
import type { CandleInterval } from "../../../../src/contract/market.ts";
import { markLines } from "./bar-marks.ts";
import { CandleChart } from "./candle-chart.ts";
import { type Gap, gapAfterHistory, gapText } from "./gap-text.ts";
import styles from "./market.module.css";

const BARS = 500;

interface ChartProps {
  instrument: string;
  interval: CandleInterval;
  digits: number | undefined;
}

type Phase = "loading" | "empty" | "ready" | { refused: ApiFailure };

/** What is said below the chart. */
interface Notes {
  marks: ReturnType<typeof markLines>;
  gap: Gap | null;
}

const NO_NOTES: Notes = { marks: [], gap: null };

const sameMarks = (a: Notes["marks"], b: Notes["marks"]): boolean =>
  a.length === b.length && a.every(({ text }, index) => text === b[index]?.text);

export default function Chart({ instrument, interval, digits }: ChartProps) {
  const [phase, setPhase] = useState<Phase>("loading");
  const [notes, setNotes] = useState(NO_NOTES);
  const isDown = useConnection().phase === "reconnecting";
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

  useEffect(() => {
    const drawn = (change: (known: Notes) => Partial<Notes> = () => ({})): void => {
      const marks = markLines(chart.current?.bars ?? []);
      setNotes((known) => {
        const next = { ...known, ...change(known) };
        const isSame = next.gap === known.gap && sameMarks(known.marks, marks);
        return isSame ? known : { ...next, marks };
      });
    };
    return stream.candles.watch({
      instrument,
      interval,
      history: BARS,
      listener: {
        onHistory: (candles) => {
          chart.current?.setHistory(candles);
          setPhase(candles.length === 0 ? "empty" : "ready");
          drawn(({ gap }) => ({ gap: gapAfterHistory(gap) }));
        },
        onBar: (bar) => {
          chart.current?.setBar(bar);
          setPhase("ready");
          drawn();
        },
        onGap: (gap) => drawn(() => ({ gap })),
        onRefused: ({ code, message }) => setPhase({ refused: new ApiFailure(code, message) }),
      },
    });
  }, [instrument, interval]);

  return (
    <>
      <div
        ref={element}
        style={{ height: "100%" }}
        role="img"
        aria-label={`Candles of ${instrument}`}
      />
      {phase === "loading" && (
        <div className={styles.chartState}>
          <Loading rows={6} />
        </div>
      )}
      {phase === "empty" && (
        <div className={styles.chartState} style={{ pointerEvents: "none" }}>
          <Empty title="No candles yet" text="The first bar appears when the market has traded." />
        </div>
      )}
      {typeof phase === "object" && (
        <div className={styles.chartState}>
          <Failed failure={phase.refused} retry={() => stream.candles.askAll()} />
        </div>
      )}
      <ChartNotes notes={notes} isDown={isDown} />
    </>
  );
}

/** Beside the marks in the chart, which only eyes can read. */
function ChartNotes({ notes, isDown }: { notes: Notes; isDown: boolean }) {
  const { marks, gap } = notes;
  if (!isDown && marks.length === 0 && gap === null) return null;
  return (
    <ul className={styles.chartNotes} aria-label="About these candles" aria-live="polite">
      {isDown && <li data-mark="partial">The line is down: the chart stands still</li>}
      {gap !== null && <li>{gapText(gap)}</li>}
      {marks.map(({ mark, text }) => (
        <li key={mark} data-mark={mark}>
          {text}
        </li>
      ))}
    </ul>
  );
}
