/** Live seeded prices: a walk on the grid that never leaves its path for long. Pure: time and chance come in. */
import { minuteVolume, MINUTE_MS, pathPrice } from "./path.ts";
import type { PathTerms } from "./path.ts";
import { mix, randomFrom } from "./random.ts";

const DAY_MINUTES = 1_440;

/** Half of the distance between bid and ask, as a fraction of the price: one basis point. */
const HALF_SPREAD = 0.0001;

/** Share of the distance to its path that the price makes good with each tick. */
const PULL = 0.15;

/** Size of one tick's own noise, as a fraction of the price. */
const STEP = 0.00008;

/** A market as it stands: whole ticks and lots. */
export interface WalkState {
  terms: PathTerms;
  random: () => number;
  /** Where the price stands between bid and ask, in ticks, not rounded. */
  middle: number;
  bidTicks: number;
  bidLots: number;
  askTicks: number;
  askLots: number;
  lastTicks: number;
  lastLots: number;
  /** Lots traded since the day's start (UTC). */
  volumeLots: number;
  day: number;
  time: number;
}

/** A market at `now`, as if it had been running all day. */
export function startWalk(terms: PathTerms, now: number): WalkState {
  const minute = Math.floor(now / MINUTE_MS);
  const day = Math.floor(minute / DAY_MINUTES);
  let volumeLots = 0;
  for (let past = day * DAY_MINUTES; past < minute; past += 1) {
    volumeLots += minuteVolume(terms, past);
  }
  const state: WalkState = {
    terms,
    random: randomFrom(mix(terms.seed, minute)),
    middle: pathPrice(terms, now),
    bidTicks: 0,
    bidLots: 0,
    askTicks: 0,
    askLots: 0,
    lastTicks: 0,
    lastLots: 0,
    volumeLots,
    day,
    time: now,
  };
  quote(state);
  trade(state);
  return state;
}

/** One tick: moves the price, quotes anew and trades once. Changes `state` in place, for 20,000 of them a second. */
export function stepWalk(state: WalkState, now: number): void {
  const { terms, random } = state;
  const noise = (random() + random() - 1) * Math.max(1, state.middle * STEP);
  const pull = (pathPrice(terms, now) - state.middle) * PULL;
  state.middle = Math.max(2, state.middle + pull + noise);
  state.time = now;
  const day = Math.floor(now / (DAY_MINUTES * MINUTE_MS));
  if (day !== state.day) {
    state.day = day;
    state.volumeLots = 0;
  }
  quote(state);
  trade(state);
}

function quote(state: WalkState): void {
  const half = state.middle * HALF_SPREAD;
  state.bidTicks = Math.max(1, Math.floor(state.middle - half));
  state.askTicks = Math.max(state.bidTicks + 1, Math.ceil(state.middle + half));
  state.bidLots = sizeLots(state);
  state.askLots = sizeLots(state);
}

function trade(state: WalkState): void {
  state.lastTicks = state.random() < 0.5 ? state.bidTicks : state.askTicks;
  state.lastLots = Math.max(1, Math.round(sizeLots(state) / 10));
  state.volumeLots += state.lastLots;
}

const sizeLots = (state: WalkState): number =>
  1 + Math.floor(state.terms.typicalLots * (0.2 + state.random() * 1.6));
