/** One bar of a live series as it is held: what is settled of it, and the parts that may still change. Pure. */
import type { Candle } from "./candle.ts";
import type { CandlePart } from "./candle-builder.ts";
import type { CandleMark } from "./candle-join.ts";
import { addExactly } from "./exact-sum.ts";

/** A part, and whose it is. */
export interface Told {
  part: CandlePart;
  provider: string;
}

export interface Bar {
  time: number;
  /** What can not change any more; null when there is nothing of that kind. */
  settled: CandlePart | null;
  parts: Map<string, Told>;
  mark: CandleMark | null;
  isChanged: boolean;
  isToldClosed: boolean;
  /** A trade came to it after it was told closed. */
  isCorrected: boolean;
}

export const keyOf = ({ time, epoch }: CandlePart): string => `${time},${epoch}`;

export const emptyBar = (time: number): Bar => ({
  time,
  settled: null,
  parts: new Map(),
  mark: null,
  isChanged: true,
  isToldClosed: false,
  isCorrected: false,
});

/** True when the parts are all that history knew: then a late trade may even change the open. */
export const isSame = (own: Candle, told: Candle): boolean =>
  own.open === told.open &&
  own.high === told.high &&
  own.low === told.low &&
  own.close === told.close &&
  own.volume >= told.volume;

/** What history knew of a bar beyond the parts that may still change: it comes first, and does not close it. */
export const settledPart = (candle: Candle, own: Candle | undefined): CandlePart => ({
  ...candleOf(candle),
  volume: Math.max(0, addExactly(candle.volume, -(own?.volume ?? 0))),
  epoch: 0,
  firstTime: candle.time - 1,
  firstSeq: 0,
  lastTime: candle.time - 1,
  lastSeq: 0,
  amendedAt: 0,
});

export const candleOf = ({ time, open, high, low, close, volume }: Candle): Candle => ({
  time,
  open,
  high,
  low,
  close,
  volume,
});
