/** The list of deliberate mistakes keeps up with the source: a change that a mutant no longer fits shows here at once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../../scripts/lib/paths.ts";
import { broken, filesOf } from "../../../scripts/simulate/mutate.ts";
import { MUTANTS } from "../../../scripts/simulate/mutants.ts";

const cases = MUTANTS.flatMap((mutant) => filesOf(mutant).map((file) => ({ mutant, file })));

const change = (from: string) => ({ file: "a.ts", changes: [[from, "x"]] as const });

describe("the mutants of the simulation", () => {
  test.each(cases)("$mutant.name fits $file.file exactly once", ({ mutant, file }) => {
    const text = readFileSync(join(ROOT, file.file), "utf8");
    expect(broken(mutant.name, file, text)).not.toBe(text);
  });

  test("each has a name of its own", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test("a text that stands twice, or nowhere, is refused by name", () => {
    expect(() => broken("twice", change("one"), "one one")).toThrow(/twice.*fits 2 places/);
    expect(() => broken("nowhere", change("two"), "one")).toThrow(/nowhere.*fits 0 places/);
  });
});
