/** `clockSkew`: a broker's clock is too far from ours, so that ages and deadlines at its accounts mean nothing. */
import type { Trip } from "./trip.ts";

export const clockSkew: Trip = {
  kind: "level",
  read(_state, { offsets }, { bounds: { offsetMs = 0 }, state }) {
    return [...offsets].map(([scope, measured]) => ({
      scope,
      // An offset that is no number is not a small one.
      past: !(Math.abs(measured.offsetMs) <= offsetMs),
      state,
      reason: `the clock of ${measured.broker} is ${measured.offsetMs} ms from ours, the bound is ${offsetMs} ms`,
      level: "offset",
    }));
  },
};
