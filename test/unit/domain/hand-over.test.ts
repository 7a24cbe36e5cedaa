import fc from "fast-check";
import { expect, test } from "vitest";
import { handOverPlace, resumeAfter } from "../../../src/domain/hand-over.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";

const update = (volume: number, exchangeTime: number | null): MarketUpdate => ({
  instrument: "NSE:INFY",
  last: 100,
  lastQuantity: 1,
  bid: 99,
  bidQuantity: 1,
  ask: 101,
  askQuantity: 1,
  volume,
  exchangeTime,
});

/** What the new shard would deliver: from what it kept, then from what still comes. */
function delivered(mark: MarketUpdate, kept: MarketUpdate[], coming: MarketUpdate[]) {
  const resumed = resumeAfter(mark, kept);
  let { reached } = resumed;
  const out = [...resumed.deliver];
  for (const next of coming) {
    if (reached) out.push(next);
    else {
      const place = handOverPlace(mark, next);
      reached = place !== "before";
      if (place === "after") out.push(next);
    }
  }
  return out;
}

test("whatever moment the shards switch at, each update is delivered once", () => {
  // Several updates may share a millisecond; each has its own volume.
  const steps = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(steps, fc.nat(), fc.nat(), fc.nat(), (gaps, a, b, c) => {
      let time = 1_000;
      const all = gaps.map((gap, index) => update(index + 1, (time += gap)));
      const oldDelivered = 1 + (a % all.length);
      const mark = all[oldDelivered - 1];
      if (!mark) throw new Error("no mark");
      // The new shard began to listen before the old one stopped.
      const began = b % oldDelivered;
      const switchedAt = began + (c % (all.length - began + 1));
      const out = delivered(mark, all.slice(began, switchedAt), all.slice(switchedAt));
      expect([...all.slice(0, oldDelivered), ...out]).toEqual(all);
    }),
  );
});

test("a shard that never saw the mark goes on by the exchange's clock", () => {
  const out = delivered(update(5, 1_005), [update(4, 1_004)], [update(6, 1_006), update(7, 1_006)]);
  expect(out.map((tick) => tick.volume)).toEqual([6, 7]);
});

test("without the exchange's clock an update is rather delivered twice than never", () => {
  expect(handOverPlace(update(5, null), update(4, null))).toBe("after");
});
