import fc from "fast-check";
import { expect, test } from "vitest";
import { recordingKey, recordingPlace } from "../../../src/domain/recording-key.ts";

const AT = Date.parse("2026-11-21T09:05:07.042Z");

test("a key says broker, day, minute and shard, and sorts by time", () => {
  const key = recordingKey("paper", "paper:paper:1", AT);
  expect(key).toBe("ticks/paper/2026-11-21/09-05/paper:paper:1/07042");
  const times = fc.nat({ max: 4_000_000_000_000 });
  fc.assert(
    fc.property(times, times, (a, b) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      expect(recordingKey("p", "s", first) <= recordingKey("p", "s", second)).toBe(true);
      const minute = Math.floor(first / 60_000) * 60_000;
      expect(recordingPlace(recordingKey("p", "s", first))).toEqual({
        broker: "p",
        shard: "s",
        minute,
      });
    }),
  );
});

test.each(["", "ticks/paper/2026-11-21/09-05/s", "ticks/paper/2026-13-41/09-05/s/00000", "x"])(
  "another key is not a recording's: %j",
  (key) => {
    expect(recordingPlace(key)).toBeNull();
  },
);
