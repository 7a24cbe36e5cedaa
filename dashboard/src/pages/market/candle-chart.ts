/** The chart library behind five calls. Colours come from our tokens; its attribution stays on, as its licence asks. */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { CandleInterval } from "../../../../src/contract/market.ts";
import type { MarkedBar } from "../../api/candle-line.ts";
import { type BarMark, markOf } from "./bar-marks.ts";

const FONT_SIZE = 11;
const BARS_SHOWN = 110;

/**
 * The library draws UTC: shifted by the zone, its axis shows the reader's own time. One offset for all
 * bars, today's: with each bar's own, an hour would come twice when summer time ends.
 */
const zoneOffsetMs = new Date().getTimezoneOffset() * 60_000;

const chartTime = (time: number): UTCTimestamp => ((time - zoneOffsetMs) / 1_000) as UTCTimestamp;

const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--tl-${name}`).trim();

/** A late bar is whole again, one that is partial is not, one that is amended was told otherwise before. */
const MARKERS = {
  late: { shape: "circle", position: "belowBar", token: "warn" },
  partial: { shape: "square", position: "belowBar", token: "down" },
  amended: { shape: "circle", position: "aboveBar", token: "busy" },
} as const satisfies Record<BarMark, object>;

export class CandleChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volume: ISeriesApi<"Histogram">;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  /** All that is drawn, by time. */
  readonly #bars = new Map<number, MarkedBar>();
  readonly #changed = new Map<number, MarkedBar>();
  #frame = 0;
  #lastTime = 0;
  #placed = false;
  #scheme: "light" | "dark" | null = null;

  constructor(element: HTMLElement) {
    this.#chart = createChart(element, {
      autoSize: true,
      layout: {
        attributionLogo: true,
        fontSize: FONT_SIZE,
        fontFamily: getComputedStyle(element).fontFamily,
      },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, rightOffset: 4 },
      handleScroll: { vertTouchDrag: false },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, {});
    this.#markers = createSeriesMarkers(this.#candles, []);
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#chart.priceScale("right").applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
    this.#chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  }

  /** Takes the colours of the scheme, which is on the page already; drawn anew only when it changes. */
  paint(scheme: "light" | "dark"): void {
    if (scheme === this.#scheme) return;
    this.#scheme = scheme;
    const line = token("line-soft");
    const up = token("up");
    const down = token("down");
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: token("surface") },
        textColor: token("ink-3"),
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
    });
    this.#candles.applyOptions({
      upColor: up,
      downColor: down,
      borderVisible: false,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.#volume.applyOptions({ color: token("line") });
    this.#drawMarkers();
  }

  setGrid(digits: number, interval: CandleInterval): void {
    const priceFormat = { type: "price", precision: digits, minMove: 10 ** -digits } as const;
    this.#candles.applyOptions({ priceFormat });
    const timeVisible = interval !== "1d";
    this.#chart.applyOptions({ timeScale: { timeVisible, secondsVisible: interval === "1s" } });
  }

  /** Everything drawn, in no order that matters. */
  get bars(): Iterable<MarkedBar> {
    return this.#bars.values();
  }

  setHistory(candles: readonly MarkedBar[]): void {
    this.#changed.clear();
    this.#bars.clear();
    for (const bar of candles) this.#bars.set(bar.time, bar);
    this.#drawAll();
    // History read again after a reconnect leaves the view where the reader put it.
    if (this.#placed || candles.length === 0) return;
    this.#placed = true;
    const to = candles.length + 4;
    this.#chart.timeScale().setVisibleLogicalRange({ from: to - BARS_SHOWN, to });
  }

  /** Changes or adds a bar; drawn once in each animation frame, however many came. */
  setBar(bar: MarkedBar): void {
    this.#bars.set(bar.time, bar);
    this.#changed.set(bar.time, bar);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#chart.remove();
  }

  #draw(): void {
    this.#frame = 0;
    const changed = [...this.#changed.values()].sort((a, b) => a.time - b.time);
    this.#changed.clear();
    // The library takes a bar at its end; what changed before that is rare, and drawn with all the others.
    if (changed.some(({ time }) => time < this.#lastTime)) this.#drawAll();
    else for (const bar of changed) this.#drawLast(bar);
    this.#drawMarkers();
  }

  #drawLast(bar: MarkedBar): void {
    this.#lastTime = bar.time;
    this.#candles.update(rowOf(bar));
    this.#volume.update(volumeOf(bar));
  }

  #drawAll(): void {
    const bars = [...this.#bars.values()].sort((a, b) => a.time - b.time);
    this.#lastTime = bars.at(-1)?.time ?? 0;
    this.#candles.setData(bars.map(rowOf));
    this.#volume.setData(bars.map(volumeOf));
    this.#drawMarkers();
  }

  #drawMarkers(): void {
    const marked = [...this.#bars.values()].sort((a, b) => a.time - b.time);
    this.#markers.setMarkers(
      marked.flatMap((bar) => {
        const mark = markOf(bar);
        if (mark === null) return [];
        const { shape, position, token: colour } = MARKERS[mark];
        return { time: chartTime(bar.time), shape, position, color: token(colour), size: 0.6 };
      }),
    );
  }
}

const rowOf = ({ time, open, high, low, close }: MarkedBar) => ({
  time: chartTime(time),
  open,
  high,
  low,
  close,
});

const volumeOf = ({ time, volume }: MarkedBar) => ({ time: chartTime(time), value: volume });
