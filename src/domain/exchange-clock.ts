/**
 * What an exchange's clock says, told by ours: the exchange states its time now and then, and each trade
 * carries one. A price is as old as the exchange says, not as young as its arrival. One for each
 * connection. Pure; it runs on every tick and allocates nothing.
 */
import { ClockOffset } from "./clock-offset.ts";
import { CLOCK_SKEW_TICK_MS_MAX } from "./quality-limits.ts";

/** A time that an exchange stated of itself. */
export interface StatedTime {
  /** ms since 1970. */
  time: number;
  /** The exchange's milliseconds in one of ours; left out where its clock runs as ours does. */
  speed?: number;
  /** The clock has just been set: what it said before holds no more. */
  isSet?: boolean;
}

export class ExchangeClock {
  #offset = new ClockOffset();
  /** The exchange's milliseconds in one of ours: 1 but where a recording is played faster or slower. */
  #speed = 1;
  #behindMs: number | null = null;

  /** The exchange stated its time, and we received it at `now`; both ms since 1970. */
  heard({ time: exchangeTime, speed = 1, isSet = false }: StatedTime, now: number): void {
    if (isSet || speed !== this.#speed) this.restart();
    this.#speed = speed;
    this.#behindMs = now - exchangeTime;
    this.#offset.add(exchangeTime / speed, now);
  }

  /** A new connection: its exchange may have another clock. */
  restart(): void {
    this.#offset = new ClockOffset();
    this.#speed = 1;
    this.#behindMs = null;
  }

  /** Our clock less the exchange's, ms; null while it has stated none. */
  get offsetMs(): number | null {
    return this.#speed === 1 ? this.#offset.offsetMs : this.#behindMs;
  }

  /** Where it stands when ours stands at `now`, as well as that is known; null while it has stated nothing. */
  timeAt(now: number): number | null {
    const { offsetMs } = this.#offset;
    return offsetMs === null ? null : (now - offsetMs) * this.#speed;
  }

  /**
   * As the clock is being set to `exchangeTime`: what it said of later than the answer was said before, and holds no
   * more. A clock that goes back by its own statement is exact; without one before, two clocks may differ a little.
   */
  holdsUntil(exchangeTime: number, now: number): number {
    const isSetBack = exchangeTime < (this.timeAt(now) ?? -Infinity);
    return isSetBack ? exchangeTime : exchangeTime + CLOCK_SKEW_TICK_MS_MAX;
  }

  /**
   * When the exchange saw something, by our clock, ms since 1970: never later than it arrived. A clock
   * that was never stated is taken to be ours; one that is slower makes its prices older than they are,
   * and that is the side to err on.
   */
  observedAt(exchangeTime: number, receivedTime: number): number {
    const time = Math.floor(exchangeTime / this.#speed + (this.#offset.offsetMs ?? 0));
    return Math.max(0, Math.min(receivedTime, time));
  }
}
