/** The trips. A new one is one file, its name and default in `settings.ts`, and one line here. */
import { clockSkew } from "./clock-skew.ts";
import { indexFall } from "./index-fall.ts";
import { dailyLossTrip, drawdownTrip } from "./loss.ts";
import type { TripName } from "./settings.ts";
import { staleFeed } from "./stale-feed.ts";
import { denialStorm, orderChurn, rejectStorm } from "./storm.ts";
import type { Trip } from "./trip.ts";

/** A failed reconciliation is told by who reconciles, so that it has nothing to read. */
export const TRIPS: readonly (readonly [TripName, Trip])[] = [
  ["dailyLoss", dailyLossTrip],
  ["drawdown", drawdownTrip],
  ["rejectStorm", rejectStorm],
  ["orderChurn", orderChurn],
  ["denialStorm", denialStorm],
  ["staleFeed", staleFeed],
  ["clockSkew", clockSkew],
  ["indexFall", indexFall],
];
