/**
 * `indexFall`: a named instrument fell by a fraction from its highest price of the last minutes. Latched for the whole
 * portfolio. While its price is not known it neither fires nor is armed: it says that it does not know.
 */
import { ALWAYS } from "../../calendar.ts";
import { MARK_AHEAD_MS_MAX } from "../../ledger-limits.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Mark } from "../../tick.ts";
import { goodMark } from "../good-mark.ts";
import { type LedgerState } from "../state.ts";
import { valuedFrom } from "../valued.ts";
import type { TripSetting } from "./settings.ts";
import type { IndexWatch, Trip, TripWatch } from "./trip.ts";

/** The window is kept in so many parts: one more, or one less, part of it does not matter. */
const PARTS = 60;

const shown = (part: number): string => `${(part * 100).toFixed(2)} %`;

/** How old a price may be, ms: one from before the window says nothing of a fall in it. */
const knownForMs = ({ bounds: { ageMs = 0, windowMs = 0 } }: TripSetting): number =>
  Math.min(ageMs, windowMs);

/** True when a price of that time tells nothing of `now`: it is older than `ageMs` of its market's hours. */
const isAgedOut = (time: number, calendar: string | undefined, now: number, ageMs: number) =>
  now - time > ageMs && time < valuedFrom(calendar ?? ALWAYS, now, ageMs);

/** The index's price where it can be believed at `now`; otherwise why not, in words. */
function sightOf(state: LedgerState, setting: TripSetting, now: number): Result<Mark, string> {
  const instrument = setting.bounds.instrument ?? null;
  const ageMs = knownForMs(setting);
  if (!instrument) return err("no index is named");
  const mark = goodMark(state, instrument);
  if (!mark) return err(`there is no good price of ${instrument}`);
  if (mark.time - now > MARK_AHEAD_MS_MAX)
    return err(`the latest price of ${instrument} is from the future`);
  if (isAgedOut(mark.time, mark.calendar, now, ageMs))
    return err(
      `the latest price of ${instrument} is ${now - mark.time} ms old, the bound is ${ageMs} ms of its market's hours`,
    );
  return ok(mark);
}

/** Takes in the latest price. Points that have left the window go. */
function watchIndex(watch: TripWatch, mark: Mark, setting: TripSetting, now: number): IndexWatch {
  const { windowMs = 0 } = setting.bounds;
  const before = watch.index?.instrument === mark.instrument ? watch.index : null;
  const seenAt = before?.seenAt ?? mark.time;
  // While nobody saw it the window stood still: what it fell meanwhile, nobody knows when, counts in full.
  const unseenMs = isAgedOut(seenAt, mark.calendar, mark.time, knownForMs(setting))
    ? mark.time - seenAt
    : 0;
  const partMs = windowMs / PARTS;
  const points = (before?.points ?? [])
    .map(({ from, high }) => ({ from: from + unseenMs, high }))
    .filter(({ from }) => from + partMs > now - windowMs);
  const last = points.at(-1);
  if (last && mark.time < last.from + partMs) last.high = Math.max(last.high, mark.price);
  else points.push({ from: mark.time, high: mark.price });
  return (watch.index = {
    instrument: mark.instrument,
    seenAt: Math.max(seenAt, mark.time),
    points,
  });
}

export const indexFall: Trip = {
  kind: "level",
  read(state, watch, setting, now) {
    const sight = sightOf(state, setting, now);
    if (!sight.ok) return [];
    const mark = sight.value;
    const { fraction = 1, windowMs = 0 } = setting.bounds;
    const { points } = watchIndex(watch, mark, setting, now);
    const high = Math.max(...points.map((point) => point.high));
    const fell = (high - mark.price) / high;
    return [
      {
        scope: "portfolio",
        past: fell > fraction,
        state: setting.state,
        reason: `${mark.instrument} fell ${shown(fell)} within ${windowMs} ms in which its price was known, the bound is ${shown(fraction)}`,
        level: `fall ${mark.instrument}`,
      },
    ];
  },
  unknown(state, setting, now) {
    const sight = sightOf(state, setting, now);
    return sight.ok ? null : sight.error;
  },
};
