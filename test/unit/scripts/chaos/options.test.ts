/** The options of `npm run chaos`. */
import { expect, test } from "vitest";
import { chaosOptions } from "../../../../scripts/chaos/options.ts";

const options = (...args: string[]) => chaosOptions(args, () => 42);

test("without options a seed is drawn and the rest has defaults", () => {
  expect(options()).toEqual({ seed: 42, seconds: 60, algos: 10, rate: 20, keep: false });
});

test("each option is taken, and help is no run", () => {
  const given = options("--seed", "7", "--seconds", "5", "--algos", "3", "--rate", "9", "--keep");
  expect(given).toEqual({ seed: 7, seconds: 5, algos: 3, rate: 9, keep: true });
  expect(options("--help")).toBeNull();
});

test.each([
  [["--seconds", "4"], "--seconds must be a whole number from 5"],
  [["--seconds", "1e9"], "--seconds must be"],
  [["--algos", "none"], "--algos must be"],
  [["--rate", "1.5"], "--rate must be"],
  [["--seed", ""], "--seed must be"],
  [["--speed", "3"], "--speed"],
])("%j is refused by name", (args, message) => {
  expect(() => options(...args)).toThrow(message);
});
