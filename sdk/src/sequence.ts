/** Order on the stream: finds holes between frames, and lets each instrument's ticks through once and in order. */

export interface FramePosition {
  epoch: number;
  seq: number;
}

/** `hole` and `new_epoch` call for a repair; a `repeat` was seen before. */
export type FrameVerdict = "next" | "repeat" | "hole" | "new_epoch";

/** `last` is null before the first position of a socket is known. */
export function judgeFrame(last: FramePosition | null, frame: FramePosition): FrameVerdict {
  if (last === null) return "next";
  if (frame.epoch > last.epoch) return "new_epoch";
  if (frame.epoch < last.epoch || frame.seq <= last.seq) return "repeat";
  return frame.seq === last.seq + 1 ? "next" : "hole";
}

/** The later of two positions. */
export function laterPosition(a: FramePosition | null, b: FramePosition): FramePosition {
  if (a === null || b.epoch > a.epoch) return b;
  if (b.epoch < a.epoch) return a;
  return b.seq > a.seq ? b : a;
}

/** Ticks held back before it is told. */
const REFUSED_TOLD = 1_000;

/** Remembers the last `seq` of each instrument: what passes rises strictly. */
export class TickGate {
  readonly #last = new Map<string, number>();
  #refused = 0;
  #warned = false;

  passes(tick: { instrument: string; seq: number }): boolean {
    const last = this.#last.get(tick.instrument);
    if (last !== undefined && tick.seq <= last) {
      this.#refused += 1;
      return false;
    }
    this.#last.set(tick.instrument, tick.seq);
    return true;
  }

  /** An algo that sees nothing because its memory is newer than the platform should hear why: once. */
  warning(ticks: readonly { snapshot: boolean }[]): string | null {
    const live = ticks.some((tick) => !tick.snapshot);
    if (!live || this.#warned || this.#refused < REFUSED_TOLD) return null;
    this.#warned = true;
    return "1,000 ticks were held back because their seq is not above the last one seen; if the platform was started afresh, restart this algo";
  }
}
