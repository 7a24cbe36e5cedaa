/**
 * Plays a recording: each tick when its time has come, at the speed asked for. A tick's exchange time
 * is the recorded one, for that is when the exchange saw the trade; who receives it stamps its own
 * clock as the time of arrival, as with any feed. What the recording does not hold (bid, ask, volume
 * of the day) stays null and is never made up.
 */
import { CANDLE_INTERVAL_MS, foldCandle } from "../src/domain/candle.ts";
import type { Candle, CandleInterval } from "../src/domain/candle.ts";
import { err, ok } from "../src/domain/result.ts";
import type { Result } from "../src/domain/result.ts";
import { CANDLES_PER_CALL_MAX } from "../src/domain/limits.ts";
import type { PaperView, RecordedTick } from "../src/contract/paper.ts";
import { lotsOf, ticksOf } from "../src/brokers/paper/grid.ts";
import type { Listing } from "../src/brokers/paper/engine/types.ts";
import { RECORDED_TICKS_MAX, tickProblem } from "../src/brokers/paper/recording.ts";
import { tickText } from "../src/brokers/paper/tick-text.ts";
import type { TickText } from "../src/brokers/paper/tick-text.ts";
import type { PaperStorage } from "./paper-broker.storage.ts";

/** Ticks of one beat: past this the recording falls behind its speed rather than block the exchange. */
const TICKS_PER_BEAT_MAX = 5_000;

/** How often the place is stored while it plays. */
const PLACE_INTERVAL_MS = 1_000;

/** A recording that plays: where the recorded clock stood when ours stood at `startedAt`. */
interface Playing {
  speed: number;
  startedAt: number;
  fromTime: number;
}

export class PaperReplay {
  readonly #storage: PaperStorage;
  readonly #listings: ReadonlyMap<string, Listing>;
  #playing: Playing | null;
  #played: number;
  #size: number;
  #chunk: { first: number; ticks: RecordedTick[] } | null = null;
  readonly #last = new Map<string, RecordedTick>();
  #placeStoredAt = 0;

  constructor(storage: PaperStorage, listings: ReadonlyMap<string, Listing>) {
    this.#storage = storage;
    this.#listings = listings;
    this.#playing = storage.setting<Playing | null>("replay", null);
    this.#played = storage.setting("replayPlayed", 0);
    this.#size = storage.recordingSize().ticks;
    this.#restoreLast();
  }

  /** After an eviction the last prices are those of the chunk that was playing. */
  #restoreLast(): void {
    if (!this.#playing || this.#played === 0) return;
    const chunk = this.#storage.recordingChunk(this.#played - 1);
    for (const tick of chunk?.ticks.slice(0, this.#played - chunk.first) ?? []) {
      this.#last.set(tick.instrument, tick);
    }
  }

  /** True from start to stop: the market is the recording, also after its end. */
  get isOn(): boolean {
    return this.#playing !== null;
  }

  get isPlaying(): boolean {
    return this.#playing !== null && this.#played < this.#size;
  }

  /** Takes a chunk, all of it or nothing. The error names the tick by its place in the chunk. */
  load(ticks: readonly RecordedTick[], fresh: boolean): Result<null, string> {
    if (!fresh && this.isOn) return err("op: a recording is on: stop it, or load with fresh");
    let before = fresh ? 0 : (this.#storage.recordingSize().toTime ?? 0);
    for (const [index, tick] of ticks.entries()) {
      const problem = tickProblem(tick);
      if (problem) return err(`ticks.${index}.${problem.field}: ${problem.message}`);
      if (tick.time < before) return err(`ticks.${index}.time: is before the tick ahead of it`);
      before = tick.time;
    }
    if ((fresh ? 0 : this.#size) + ticks.length > RECORDED_TICKS_MAX) {
      return err(`ticks: a recording holds at most ${RECORDED_TICKS_MAX}`);
    }
    if (fresh) this.#drop();
    this.#storage.addRecording(ticks);
    this.#size += ticks.length;
    return ok(null);
  }

  #drop(): void {
    this.stop();
    this.#storage.dropRecording();
    this.#size = 0;
  }

  /** Plays from the first tick on. */
  start(speed: number, now: number): Result<null, string> {
    const { fromTime } = this.#storage.recordingSize();
    if (fromTime === null) return err("op: there is nothing to play: load ticks first");
    this.#playing = { speed, startedAt: now, fromTime };
    this.#played = 0;
    this.#chunk = null;
    this.#last.clear();
    this.#storage.saveSetting("replay", this.#playing);
    this.#storePlace(now);
    return ok(null);
  }

  /** Back to the seeded market; what was loaded stays loaded. */
  stop(): void {
    this.#playing = null;
    this.#played = 0;
    this.#chunk = null;
    this.#last.clear();
    this.#storage.saveSetting("replay", null);
    this.#storage.saveSetting("replayPlayed", 0);
  }

  /** The market's clock when ours stands at `now`: the recorded one while a recording is on. */
  clock(now: number): { time: number; speed: number } {
    const playing = this.#playing;
    if (!playing) return { time: now, speed: 1 };
    const { fromTime, startedAt, speed } = playing;
    return { time: Math.floor(fromTime + (now - startedAt) * speed), speed };
  }

  /** The ticks whose time has come since the last call, in order. */
  *due(now: number): Generator<RecordedTick> {
    if (!this.#playing) return;
    const { time: clock } = this.clock(now);
    const from = this.#played;
    for (let count = 0; count < TICKS_PER_BEAT_MAX; count += 1) {
      const tick = this.#tickAt(this.#played);
      if (!tick || tick.time > clock) break;
      this.#played += 1;
      this.#last.set(tick.instrument, tick);
      yield tick;
    }
    // The last one at once: no beat comes after it that would store it.
    const isLast = !this.isPlaying && this.#played > from;
    const isDue = this.isPlaying && now - this.#placeStoredAt >= PLACE_INTERVAL_MS;
    if (isLast || isDue) this.#storePlace(now);
  }

  #tickAt(place: number): RecordedTick | null {
    const { first, ticks } = this.#chunk ?? { first: 0, ticks: [] };
    const isInChunk = place >= first && place < first + ticks.length;
    if (!isInChunk) this.#chunk = this.#storage.recordingChunk(place);
    return this.#chunk?.ticks[place - this.#chunk.first] ?? null;
  }

  /** Stored with each fill and every second: after an eviction it goes on there and trades nothing twice. */
  #storePlace(now: number): void {
    this.#placeStoredAt = now;
    this.storePlace();
  }

  storePlace(): void {
    if (this.isOn) this.#storage.saveSetting("replayPlayed", this.#played);
  }

  /** Last trade of an instrument, without its quantity: a snapshot must not count as a trade. */
  snapshot(instrument: string): TickText | null {
    const tick = this.#last.get(instrument);
    return tick ? recordedText(tick, null) : null;
  }

  /** The last trade of each instrument that has had one. */
  lastTicks(): IterableIterator<RecordedTick> {
    return this.#last.values();
  }

  ticksOf(tick: RecordedTick): { ticks: number; lots: number } {
    const listing = this.#listings.get(tick.instrument);
    const ticks = listing && ticksOf(listing.grid, tick.price);
    const lots = listing && lotsOf(listing.grid, tick.quantity);
    // Both were checked when the recording was loaded.
    return { ticks: ticks ?? 0, lots: lots ?? 0 };
  }

  /** Bars of what has been played so far and of nothing else. */
  candles(instrument: string, interval: CandleInterval, from: number, to: number): Candle[] {
    const lengthMs = CANDLE_INTERVAL_MS[interval];
    const first = Math.ceil(from / lengthMs) * lengthMs;
    const end = Math.ceil(to / lengthMs) * lengthMs;
    const candles: Candle[] = [];
    let current: Candle | null = null;
    for (const chunk of this.#storage.recordingBetween(first, end)) {
      for (const [index, tick] of chunk.ticks.entries()) {
        if (chunk.first + index >= this.#played || candles.length >= CANDLES_PER_CALL_MAX) break;
        if (tick.instrument !== instrument || tick.time < first || tick.time >= end) continue;
        const folded = foldCandle(current, interval, tick);
        if (folded.closed) candles.push(folded.closed);
        ({ current } = folded);
      }
    }
    if (current && candles.length < CANDLES_PER_CALL_MAX) candles.push(current);
    return candles;
  }

  view(): Pick<PaperView, "mode" | "replay"> {
    const mode = this.isOn ? "replay" : "seeded";
    if (this.#size === 0) return { mode, replay: null };
    return {
      mode,
      replay: {
        ticks: this.#size,
        played: this.#played,
        speed: this.#playing?.speed ?? 1,
        finished: this.isOn && this.#played >= this.#size,
      },
    };
  }
}

export const recordedText = (tick: RecordedTick, lastQuantity: number | null): TickText =>
  tickText({
    instrument: tick.instrument,
    last: tick.price,
    lastQuantity,
    bid: null,
    bidQuantity: null,
    ask: null,
    askQuantity: null,
    volume: null,
    exchangeTime: tick.time,
    ...(tick.openInterest !== undefined && { openInterest: tick.openInterest }),
  });
