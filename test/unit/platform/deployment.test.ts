import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSION } from "../../../src/platform/deployment.ts";

test("the Worker says the version that package.json says", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync("package.json", "utf8")).version);
});
