/** docs/decisions: every page is in the index under its own title, and no number stands for two. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = "docs/decisions";

const pages = readdirSync(FOLDER).filter((name) => name !== "README.md");

test("the index has every decision, by number and title, in order", () => {
  const rows = [
    ...readFileSync(`${FOLDER}/README.md`, "utf8").matchAll(
      /^\| \[(\d{4})\]\((.+?)\) \| (.+) \|$/gm,
    ),
  ].map(([, number, file, title]) => ({ number, file, title }));
  const expected = pages.toSorted().map((file) => {
    const [heading = ""] = readFileSync(`${FOLDER}/${file}`, "utf8").split("\n");
    const [, written = "", title] = /^# (\d+)[.:]? (.+)$/.exec(heading) ?? [];
    const number = written.padStart(4, "0");
    expect([file.slice(0, 4), heading]).toEqual([number, heading]);
    return { number, file, title };
  });
  expect(rows).toEqual(expected);
});

test("no number stands for two decisions", () => {
  const numbers = pages.map((name) => name.slice(0, 4));
  expect(new Set(numbers).size).toBe(numbers.length);
});
