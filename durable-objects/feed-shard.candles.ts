/**
 * The bars of a shard's instruments, built from what it delivered and handed to the manager in batches.
 * A batch that the manager did not take is handed over again; telling a bar twice changes nothing.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { OwnCandle, OwnCandles } from "../src/application/ports.ts";
import { CandleBuilder, type CandlePart } from "../src/domain/candle-builder.ts";
import type { CandleGap } from "../src/domain/candle-join.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  OWN_CANDLES_BATCH_MAX,
  OWN_CANDLES_DELAY_MS,
  OWN_CANDLES_WAITING_MAX,
} from "../src/domain/limits.ts";
import { tickSeqBase } from "../src/domain/tick.ts";
import type { BuiltBars } from "./feed-shard.bars.ts";
import type { LoggedTick } from "./feed-shard.tick-log.ts";

interface Building extends BuiltBars {
  builder: CandleBuilder;
  /** How much later than the exchange's clock ours stood at the newest trade, ms. */
  lagMs: number;
}

function newBuilding(builder: CandleBuilder, setBacks: number): Building {
  return {
    builder,
    lagMs: 0,
    setBacks,
    parts: (unit) => builder.parts(unit),
    changedSince: (version) => builder.changedSince(version),
    closeUntil(now, delayMs) {
      builder.closeUntil(now - this.lagMs - delayMs);
      return builder.closedUntil;
    },
  };
}

export class ShardCandles {
  /** Trades later than the grace: they are in no bar. */
  tooLate = 0;
  /** Bars given up because the manager could not be reached for too long. */
  lost = 0;
  /** How often the exchange's clock was set back, and bars began anew. */
  setBacks = 0;
  readonly #send: (batch: OwnCandles) => Promise<void>;
  readonly #log: Log;
  readonly #isHeld: (instrument: InstrumentId) => boolean;
  /** Of instruments that left: where their bars go on if they come back. */
  readonly #left = new Map<InstrumentId, number>();
  readonly #building = new Map<InstrumentId, Building>();
  #waiting: OwnCandle[] = [];
  #gaps: OwnCandles["gaps"] = [];
  #isSending = false;
  #takenMinute = 0;

  /** The bars of an instrument that is not held any more leave memory once they are handed over. */
  constructor(
    send: (batch: OwnCandles) => Promise<void>,
    log: Log,
    isHeld: (instrument: InstrumentId) => boolean = () => true,
  ) {
    this.#send = send;
    this.#log = log;
    this.#isHeld = isHeld;
  }

  add({ update, receivedTime, epoch, seq, late }: LoggedTick): void {
    const { instrument, last: price, lastQuantity: quantity } = update;
    if (price === null || quantity === null || quantity === 0) return;
    let building = this.#building.get(instrument);
    if (building === undefined) {
      building = newBuilding(new CandleBuilder(this.#left.get(instrument)), this.setBacks);
      this.#left.delete(instrument);
      this.#building.set(instrument, building);
    }
    const time = update.exchangeTime ?? receivedTime;
    if (!late) building.lagMs = receivedTime - time;
    // Of trades of the same time the late ones come after those before the gap, and before those after it.
    const place = late ? tickSeqBase(epoch) : seq;
    if (!building.builder.add({ time, seq: place, price, quantity }, epoch)) this.tooLate += 1;
  }

  /** Trades from then on are waited for beyond the grace: the exchange's clock. Infinity when none are. */
  waitFor(instrument: InstrumentId, since: number): void {
    const building = this.#building.get(instrument);
    if (building) building.builder.waitsSince = since;
  }

  /** The bars of an instrument that had a trade. */
  built(instrument: InstrumentId): BuiltBars | null {
    return this.#building.get(instrument) ?? null;
  }

  gap(instruments: InstrumentId[], gap: CandleGap): void {
    for (const instrument of instruments) this.#gaps.push({ instrument, ...gap });
    // At once: whoever reads those bars now is to see the mark.
    void this.#handOver();
  }

  parts(instrument: InstrumentId, interval: "1s" | "1m"): CandlePart[] {
    return this.#building.get(instrument)?.builder.parts(interval) ?? [];
  }

  /** Once a minute what has closed is handed over, and with `isEnd` whatever there is. */
  beat(now: number, isEnd = false): void {
    const minute = Math.floor((now - OWN_CANDLES_DELAY_MS) / 60_000);
    if (minute === this.#takenMinute && !isEnd) return;
    this.#takenMinute = minute;
    for (const [instrument, { builder, lagMs }] of this.#building) {
      builder.closeUntil(now - lagMs);
      const closed = isEnd ? builder.takeClosed(Infinity) : builder.takeClosed();
      for (const part of closed) this.#waiting.push({ instrument, part });
      if (!this.#isHeld(instrument)) this.#letGo(instrument, builder.endedBy(now - lagMs));
    }
    const surplus = this.#waiting.length - OWN_CANDLES_WAITING_MAX;
    if (surplus > 0) {
      this.#waiting = this.#waiting.slice(surplus);
      this.lost += surplus;
    }
    this.#gaps = this.#gaps.slice(-OWN_CANDLES_WAITING_MAX);
    void this.#handOver();
  }

  /** The exchange's clock was set: bars of later than `exchangeTime` are handed over, and others begin. */
  forgetLaterThan(exchangeTime: number): void {
    const isLater = (time: number) => time > exchangeTime;
    if ([...this.#building.values()].some(({ builder }) => isLater(builder.newest)))
      this.setBacks += 1;
    for (const [instrument, { builder }] of this.#building) {
      if (!isLater(builder.newest)) continue;
      for (const part of builder.takeClosed(Infinity)) this.#waiting.push({ instrument, part });
      this.#building.delete(instrument);
    }
    for (const [instrument, from] of this.#left) if (isLater(from)) this.#left.delete(instrument);
    void this.#handOver();
  }

  #letGo(instrument: InstrumentId, next: number | null): void {
    if (next === null) return;
    this.#building.delete(instrument);
    this.#left.set(instrument, next);
  }

  /** What fails waits for the next minute. */
  async #handOver(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0 || this.#gaps.length > 0) {
        const bars = this.#waiting.slice(0, OWN_CANDLES_BATCH_MAX);
        const gaps = this.#gaps.slice(0, OWN_CANDLES_BATCH_MAX);
        await this.#send({ bars, gaps });
        const [sentBars, sentGaps] = [new Set(bars), new Set(gaps)];
        this.#waiting = this.#waiting.filter((bar) => !sentBars.has(bar));
        this.#gaps = this.#gaps.filter((gap) => !sentGaps.has(gap));
      }
    } catch (error) {
      this.#log("warn", "candles_not_handed_over", {
        bars: this.#waiting.length,
        reason: errorText(error),
      });
    } finally {
      this.#isSending = false;
    }
  }
}
