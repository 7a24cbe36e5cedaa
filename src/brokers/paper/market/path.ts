/**
 * The price path that every simulated price keeps to: a pure function of seed, instrument and time.
 * History is read off it and live prices are drawn to it, so the two meet at the seam and a restart
 * goes on where the market would have been, without one stored price.
 */
import type { PaperInstrument } from "../instruments.ts";
import { gridOf } from "../grid.ts";
import type { Grid } from "../grid.ts";
import { hashText, mix, unit } from "./random.ts";

export const MINUTE_MS = 60_000;

/** Swing of one octave of one minute, as a fraction of the price: about 4 basis points. */
const MINUTE_SWING = 0.0004;

/** Octaves of 1, 2, 4 … 16,384 minutes: a random walk up to eleven days, and no drift beyond. */
const OCTAVES = 15;

/** Value that stands at the top of the book at one time, in the instrument's own currency. */
const TOP_OF_BOOK_VALUE: Record<string, number> = { INR: 1_000_000, USD: 60_000, USDT: 60_000 };
const TOP_OF_BOOK_VALUE_DEFAULT = 60_000;

/** One octave of the noise, with the cell it was last read in: neighbouring minutes share most cells. */
interface Octave {
  seed: number;
  cell: number;
  left: number;
  right: number;
}

/** What the price model needs of an instrument, worked out once. */
export interface PathTerms {
  id: string;
  grid: Grid;
  /** Seed of this instrument's own noise. */
  seed: number;
  startTicks: number;
  /** Typical size at the top of the book, lots. */
  typicalLots: number;
  /** Contracts are opened and closed in it, rather than things bought and sold. */
  isDerivative: boolean;
  octaves: Octave[];
}

export function pathTerms(instrument: PaperInstrument, seed: number): PathTerms {
  const grid = gridOf(instrument);
  const value = TOP_OF_BOOK_VALUE[instrument.currency] ?? TOP_OF_BOOK_VALUE_DEFAULT;
  const lotValue = instrument.startPrice * (grid.lotUnits / grid.quantityScale);
  const ownSeed = mix(seed >>> 0, hashText(instrument.id));
  return {
    id: instrument.id,
    grid,
    seed: ownSeed,
    startTicks: Math.max(1, Math.round((instrument.startPrice * grid.priceScale) / grid.tickUnits)),
    typicalLots: Math.max(10, Math.round(value / lotValue)),
    isDerivative: instrument.kind === "future" || instrument.kind === "option",
    octaves: Array.from({ length: OCTAVES }, (_, octave) => ({
      seed: mix(ownSeed, octave),
      cell: Number.NaN,
      left: 0,
      right: 0,
    })),
  };
}

/** Price at the start of a minute (minutes since 1970), in ticks, not rounded. */
export function minutePrice(terms: PathTerms, minute: number): number {
  let swing = 0;
  let amplitude = MINUTE_SWING;
  let length = 1;
  for (const octave of terms.octaves) {
    const cell = Math.floor(minute / length);
    if (cell !== octave.cell) {
      octave.cell = cell;
      octave.left = unit(mix(octave.seed, cell)) * 2 - 1;
      octave.right = unit(mix(octave.seed, cell + 1)) * 2 - 1;
    }
    const within = minute / length - cell;
    swing += amplitude * (octave.left + (octave.right - octave.left) * within);
    amplitude *= Math.SQRT2;
    length *= 2;
  }
  return Math.max(1, terms.startTicks * Math.exp(swing));
}

/** Price at any time (ms since 1970), in ticks, not rounded: straight between two minutes. */
export function pathPrice(terms: PathTerms, time: number): number {
  const minute = Math.floor(time / MINUTE_MS);
  const within = time / MINUTE_MS - minute;
  const left = minutePrice(terms, minute);
  return left + (minutePrice(terms, minute + 1) - left) * within;
}

/**
 * Most usual sizes that a minute of history trades. A live trade is about a tenth of a usual size, so
 * a mean minute is as busy as four live trades a second: the chart shows no step where they meet.
 */
const MINUTE_SIZES_MAX = 48;

/** Lots traded in a minute of history. */
export function minuteVolume(terms: PathTerms, minute: number): number {
  return (
    1 + Math.floor(unit(mix(terms.seed ^ 0x766f6c, minute)) * terms.typicalLots * MINUTE_SIZES_MAX)
  );
}

/** Usual sizes that stand open in a derivative, and how much of them a day opens or closes at most. */
const OPEN_SIZES = 2_000;
const OPEN_SWING = 0.2;

const DAY_MS = 86_400_000;

/** Lots of a derivative that stand open: straight between what two days ended with. Null for anything else. */
export function openInterestLots(terms: PathTerms, time: number): number | null {
  if (!terms.isDerivative) return null;
  const day = Math.floor(time / DAY_MS);
  const atStart = dayEndLots(terms, day);
  const within = time / DAY_MS - day;
  return Math.round(atStart + (dayEndLots(terms, day + 1) - atStart) * within);
}

const dayEndLots = (terms: PathTerms, day: number): number =>
  terms.typicalLots * OPEN_SIZES * (1 + OPEN_SWING * (unit(mix(terms.seed ^ 0x6f69, day)) - 0.5));
