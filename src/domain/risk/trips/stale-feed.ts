/** `staleFeed`: the price of an instrument with a position or open orders is too old, or there is none. */
import { ZERO } from "../../decimal.ts";
import { goodMark } from "../good-mark.ts";
import type { Trip } from "./trip.ts";

export const staleFeed: Trip = {
  kind: "level",
  read(state, _watch, { bounds: { ageMs = 0 }, state: latches }, now) {
    return [...state.holdingsOf].flatMap(([instrument, holdings]) => {
      const open = [...holdings].some(
        ({ orders, position }) => orders.size > 0 || !position.quantity.eq(ZERO),
      );
      if (!open) return [];
      const mark = goodMark(state, instrument);
      const age = mark ? `is ${now - mark.time} ms old` : "is missing";
      return [
        {
          scope: `instrument:${instrument}`,
          past: mark === null || now - mark.time > ageMs,
          state: latches,
          reason: `the price of ${instrument} ${age}, the bound is ${ageMs} ms`,
          level: "age",
        },
      ];
    });
  },
};
