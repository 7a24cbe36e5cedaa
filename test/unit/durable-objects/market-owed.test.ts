import { expect, test } from "vitest";
import { OwedFrames } from "../../../durable-objects/market.owed.ts";
import {
  STREAM_UNACKNOWLEDGED_CHARACTERS_MAX as CHARACTERS_MAX,
  STREAM_UNACKNOWLEDGED_FRAMES_MAX as FRAMES_MAX,
} from "../../../src/domain/limits.ts";

/** So many frames of one length. */
function sent(frames: number, characters: number): OwedFrames {
  const owed = new OwedFrames();
  for (let seq = 1; seq <= frames; seq += 1) owed.note(seq, characters);
  return owed;
}

test.each([FRAMES_MAX, FRAMES_MAX + 1, 5 * FRAMES_MAX + 3])(
  "of %i short frames the last ones may be owed, up to their bound",
  (frames) => {
    const owed = sent(frames, 1);
    expect(owed.isTooMuchSince(frames)).toBe(false);
    expect(owed.isTooMuchSince(frames - FRAMES_MAX)).toBe(false);
    expect(owed.isTooMuchSince(frames - FRAMES_MAX - 1)).toBe(true);
    expect(owed.halfOf(frames)).toBe(frames - FRAMES_MAX / 2);
    expect(owed.halfOf(frames - 1)).toBe(frames - 1 - FRAMES_MAX / 2);
  },
);

test.each([8, 3 * FRAMES_MAX + 5])(
  "of %i long frames no more may be owed than fills the memory that is allowed",
  (frames) => {
    const owed = sent(frames, CHARACTERS_MAX / 8);
    expect(owed.isTooMuchSince(frames - 8)).toBe(false);
    owed.note(frames + 1, 1);
    expect(owed.isTooMuchSince(frames - 8)).toBe(true);
    expect(owed.isTooMuchSince(frames - 7)).toBe(false);
    expect(owed.halfOf(frames)).toBe(frames - 4);
  },
);

test("a frame that is longer than all that may be owed has to be acknowledged itself", () => {
  const owed = sent(3, 2 * CHARACTERS_MAX);
  expect([2, 3].map((seq) => owed.isTooMuchSince(seq))).toEqual([true, false]);
  expect(owed.halfOf(3)).toBe(3);
});

test("before anything was sent nothing is owed", () => {
  expect(new OwedFrames().isTooMuchSince(0)).toBe(false);
});
