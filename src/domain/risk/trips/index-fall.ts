/** `indexFall`: a named instrument fell by a fraction from its highest price of the last minutes. Latched for the whole portfolio. */
import { type LedgerState } from "../state.ts";
import { goodMark } from "../good-mark.ts";
import type { TripSetting } from "./settings.ts";
import type { Trip, TripWatch } from "./trip.ts";

/** The window is kept in so many parts: one more, or one less, part of it does not matter. */
const PARTS = 60;

const shown = (part: number): string => `${(part * 100).toFixed(2)} %`;

/** Takes in the latest price. Points that have left the window go. */
export function watchIndex(
  state: LedgerState,
  watch: TripWatch,
  { bounds: { instrument = null, windowMs = 0 } }: TripSetting,
  now: number,
): void {
  if (!instrument) return;
  const mark = goodMark(state, instrument);
  if (!mark) return;
  if (watch.index?.instrument !== instrument) watch.index = { instrument, points: [] };
  const partMs = windowMs / PARTS;
  const points = watch.index.points.filter(({ from }) => from + partMs > now - windowMs);
  const last = points.at(-1);
  if (last && mark.time < last.from + partMs) last.high = Math.max(last.high, mark.price);
  else points.push({ from: mark.time, high: mark.price });
  watch.index.points = points;
}

export const indexFall: Trip = {
  kind: "level",
  read(state, watch, setting, now) {
    watchIndex(state, watch, setting, now);
    const { fraction = 1, instrument = null, windowMs = 0 } = setting.bounds;
    const mark = instrument && goodMark(state, instrument);
    if (!mark || !watch.index) return [];
    const high = Math.max(...watch.index.points.map((point) => point.high));
    const fell = (high - mark.price) / high;
    return [
      {
        scope: "portfolio",
        past: fell > fraction,
        state: setting.state,
        reason: `${instrument} fell ${shown(fell)} within ${windowMs} ms, the bound is ${shown(fraction)}`,
        level: `fall ${instrument}`,
      },
    ];
  },
};
