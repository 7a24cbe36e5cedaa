/** Holds docs/lessons.md and the tests in step: every lesson has a test that bears its number, and no test names a lesson that is not there. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./support/architecture/source.ts";

const ROW = /^\| (\d+b?) \|/gm;
const TITLE = /["'`]lesson (\d+b?): /g;

const numbers = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, number]) => (number === undefined ? [] : [number]));

const listed = numbers(readFileSync(join(ROOT, "docs/lessons.md"), "utf8"), ROW);

const tested = new Set(
  globSync("{test,sdk}/**/*.test.ts", { cwd: ROOT, exclude: (path) => path === "node_modules" })
    .filter((path) => path !== join("test", "lessons.test.ts"))
    .flatMap((path) => numbers(readFileSync(join(ROOT, path), "utf8"), TITLE)),
);

test("the page lists no lesson twice, and the first fifty-six all", () => {
  expect(listed).toEqual([...new Set(listed)]);
  const whole = Array.from({ length: 56 }, (_, index) => String(index + 1));
  expect([...whole, "54b"].filter((number) => !listed.includes(number))).toEqual([]);
});

test("every lesson has a test that bears its number", () => {
  expect(listed.filter((number) => !tested.has(number))).toEqual([]);
});

test("no test bears the number of a lesson that is not on the page", () => {
  expect([...tested].filter((number) => !listed.includes(number))).toEqual([]);
});

test("a title with a number is read as one, and a plain title is not", () => {
  expect(numbers('test("lesson 7: pending until confirmed")', TITLE)).toEqual(["7"]);
  expect(numbers("test(`lesson 54b: two exchanges`)", TITLE)).toEqual(["54b"]);
  expect(numbers('test("a lesson learned")', TITLE)).toEqual([]);
});
