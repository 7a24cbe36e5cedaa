/** The series of bars that a market holds: one for an instrument in an interval, however many sockets have it. */
import { type CandleKey, candleKeyText } from "../src/domain/candle.ts";
import type { CandleGap } from "../src/domain/candle-join.ts";
import { CandleSeries, partUnit } from "../src/domain/candle-series.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { LIVE_BARS_OF_SERIES } from "../src/domain/market-limits.ts";
import type { AlgoSocket } from "./market.socket.ts";

export interface Entry extends CandleKey {
  key: string;
  series: CandleSeries;
  sockets: Set<AlgoSocket>;
  /** Subscribes that wait for its history: it stays for them. */
  waiting: number;
  /** Reads of history, the one under way first. */
  reads: { gap: CandleGap | null; setBacks: number }[];
  /** How often the exchange's clock was set back: history that was asked for before is of another time. */
  setBacks: number;
}

type Unit = ReturnType<typeof partUnit>;

const NO_UNITS: ReadonlySet<Unit> = new Set();

const liveBarsOf = ({ interval }: CandleKey): number => LIVE_BARS_OF_SERIES[partUnit(interval)];

export class HeldSeries {
  readonly #entries = new Map<InstrumentId, Map<string, Entry>>();
  /** Bars that all of them may hold. */
  #bars = 0;

  /** Bars that all series would hold with these. */
  barsWith(more: readonly CandleKey[]): number {
    const fresh = more.filter((one) => !this.#entries.get(one.instrument)?.has(candleKeyText(one)));
    return fresh.reduce((sum, one) => sum + liveBarsOf(one), this.#bars);
  }

  /** All intervals of an instrument. */
  of(instrument: InstrumentId): Iterable<Entry> {
    return this.#entries.get(instrument)?.values() ?? [];
  }

  /** Which parts of an instrument the shards are asked for. */
  units(instrument: InstrumentId): ReadonlySet<Unit> {
    const entries = this.#entries.get(instrument);
    if (!entries) return NO_UNITS;
    return new Set([...entries.values()].map(({ interval }) => partUnit(interval)));
  }

  get(one: CandleKey): Entry | undefined {
    return this.#entries.get(one.instrument)?.get(candleKeyText(one));
  }

  /** The one that is there, or a new one: it stays until `forgetIfUnused`. */
  hold(one: CandleKey): Entry {
    const { instrument, interval } = one;
    const key = candleKeyText(one);
    const entries = this.#entries.get(instrument) ?? new Map<string, Entry>();
    this.#entries.set(instrument, entries);
    const before = entries.get(key);
    if (before) return before;
    const series = new CandleSeries(interval);
    const entry = { instrument, interval, key, series, sockets: new Set<AlgoSocket>() };
    const held = { ...entry, waiting: 0, reads: [], setBacks: 0 };
    entries.set(key, held);
    this.#bars += liveBarsOf(one);
    return held;
  }

  forgetIfUnused(entry: Entry): void {
    const { instrument, key, sockets, waiting } = entry;
    if (sockets.size > 0 || waiting > 0) return;
    const entries = this.#entries.get(instrument);
    if (entries?.delete(key)) this.#bars -= liveBarsOf(entry);
    if (entries?.size === 0) this.#entries.delete(instrument);
  }
}
