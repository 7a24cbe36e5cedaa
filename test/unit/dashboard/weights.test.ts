import { expect, test } from "vitest";
import { readWeights, weightLines } from "../../../dashboard/src/format/weights.ts";

test("weights are typed a line each, and read back as they were", () => {
  const weights = { "NSE:INFY": 20, "KRAKEN:BTC/USD": 0.5 };
  expect(readWeights(weightLines(weights))).toEqual({ ok: true, value: weights });
  expect(readWeights("\n  NSE:INFY   20 \n\n")).toEqual({ ok: true, value: { "NSE:INFY": 20 } });
  expect(readWeights("")).toEqual({ ok: true, value: {} });
});

test("a line that is no weight is named", () => {
  for (const line of ["NSE:INFY", "NSE:INFY x", "NSE:INFY 0", "NSE:INFY -1", "NSE:INFY 1 2"])
    expect(readWeights(`NSE:TCS 1\n${line}`)).toMatchObject({
      ok: false,
      error: expect.stringContaining(line) as string,
    });
});
