/** The chart library behind five calls. Colours come from our tokens; its attribution stays on, as its licence asks. */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Candle, CandleInterval } from "../../../../src/contract/market.ts";

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

export class CandleChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volume: ISeriesApi<"Histogram">;
  readonly #changed = new Map<number, Candle>();
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
  }

  setGrid(digits: number, interval: CandleInterval): void {
    const priceFormat = { type: "price", precision: digits, minMove: 10 ** -digits } as const;
    this.#candles.applyOptions({ priceFormat });
    const timeVisible = interval !== "1d";
    this.#chart.applyOptions({ timeScale: { timeVisible, secondsVisible: interval === "1s" } });
  }

  setHistory(candles: readonly Candle[]): void {
    this.#changed.clear();
    this.#lastTime = candles.at(-1)?.time ?? 0;
    this.#candles.setData(candles.map((bar) => ({ ...bar, time: chartTime(bar.time) })));
    this.#volume.setData(candles.map((bar) => ({ time: chartTime(bar.time), value: bar.volume })));
    // History read again after a reconnect leaves the view where the reader put it.
    if (this.#placed || candles.length === 0) return;
    this.#placed = true;
    const to = candles.length + 4;
    this.#chart.timeScale().setVisibleLogicalRange({ from: to - BARS_SHOWN, to });
  }

  /** Changes or adds a bar; drawn once in each animation frame, however many ticks came. */
  setBar(bar: Candle): void {
    this.#changed.set(bar.time, bar);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#chart.remove();
  }

  #draw(): void {
    this.#frame = 0;
    for (const bar of [...this.#changed.values()].sort((a, b) => a.time - b.time)) {
      // The library takes no bar before its last one.
      if (bar.time < this.#lastTime) continue;
      this.#lastTime = bar.time;
      this.#candles.update({ ...bar, time: chartTime(bar.time) });
      this.#volume.update({ time: chartTime(bar.time), value: bar.volume });
    }
    this.#changed.clear();
  }
}
