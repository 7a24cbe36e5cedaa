/** The rules of the house, held by reading the source tree; each rule is also shown a bad sample that it must catch. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { forbiddenImports, importCycles } from "./support/architecture/imports.ts";
import { type Lock, missingFromLock } from "./support/architecture/lock.ts";
import { impureCalls, PURE } from "./support/architecture/purity.ts";
import {
  bannedWords,
  doubleCasts,
  LINES_MAX,
  objectsWithoutPort,
  tooLong,
  typescriptPrivates,
  unnamedFolders,
  withoutDoc,
} from "./support/architecture/shape.ts";
import { parse, readSources, ROOT } from "./support/architecture/source.ts";

const sources = readSources();
const bad = (path: string, text: string) => [parse(path, text)];
const lines = (count: number) => bad("src/domain/a.ts", "// line\n".repeat(count));
const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");

describe("the source tree", () => {
  test("is read whole", () => {
    const paths = sources.map(({ path }) => path);
    expect(paths).toContain("src/index.ts");
    expect(paths).toContain("durable-objects/index.ts");
    expect(paths).toContain("scripts/bootstrap.mjs");
    expect(paths.every((path) => !path.includes("node_modules"))).toBe(true);
  });

  test("imports only along the matrix", () => {
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test("has no cycle of imports, types included", () => {
    expect(importCycles(sources)).toEqual([]);
  });

  test("keeps clock, chance and the outside world out of the pure folders", () => {
    expect(impureCalls(sources)).toEqual([]);
  });

  test("has no file that is too long to read", () => {
    expect(tooLong(sources)).toEqual([]);
  });

  test("opens every file with what it is for", () => {
    expect(withoutDoc(sources)).toEqual([]);
  });

  test("hides with #private only", () => {
    expect(typescriptPrivates(sources)).toEqual([]);
  });

  test("overrules the compiler only where that is allowed", () => {
    expect(doubleCasts(sources)).toEqual([]);
  });

  test("uses one word for each idea", () => {
    expect(bannedWords(sources)).toEqual([]);
  });

  test("lets every Durable Object fill its port", () => {
    expect(objectsWithoutPort(sources)).toEqual([]);
  });

  test("has every folder with code in ARCHITECTURE.md", () => {
    expect(unnamedFolders(sources, read("ARCHITECTURE.md"))).toEqual([]);
  });

  test("has a lock file that npm ci takes on every system", () => {
    expect(missingFromLock(JSON.parse(read("package-lock.json")) as Lock)).toEqual([]);
  });
});

describe("each rule can fail", () => {
  test.each([
    ["src/domain/a.ts", 'import { z } from "zod";'],
    ["src/domain/a.ts", 'import type { Row } from "../storage/rows.ts";'],
    ["src/contract/a.ts", 'export * from "../application/ports.ts";'],
    ["src/brokers/paper/rules.ts", 'import { connect } from "./client.ts";'],
    ["src/application/a.ts", 'const x = await import("../storage/rows.ts");'],
    ["src/storage/a.ts", 'import { app } from "../api/app.ts";'],
    ["src/api/a.ts", 'import { Market } from "../../durable-objects/market.ts";'],
    ["durable-objects/a.ts", 'import { route } from "../src/api/routes/orders.ts";'],
    ["sdk/src/a.ts", 'import { decimal } from "../../src/domain/decimal.ts";'],
    ["dashboard/src/a.ts", 'import { createApp } from "../../src/api/app.ts";'],
    ["examples/one/main.ts", 'import { z } from "zod";'],
    ["src/misc/a.ts", "export const a = 1;"],
  ])("an import against the matrix: %s with %s", (path, text) => {
    expect(forbiddenImports(bad(path, text))).toHaveLength(1);
  });

  test("types of the API are open to the dashboard", () => {
    const good = 'import type { AppType } from "../../src/api/app.ts";';
    expect(forbiddenImports(bad("dashboard/src/a.ts", good))).toEqual([]);
  });

  test("a cycle, through a type as well", () => {
    const files = [
      parse("src/domain/a.ts", 'import { b } from "./b.ts";'),
      parse("src/domain/b.ts", 'import type { C } from "./c.ts";'),
      parse("src/domain/c.ts", 'export { a } from "./a.ts";'),
    ];
    expect(importCycles(files)).toEqual([
      "src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts",
    ]);
  });

  test.each([
    "Date.now()",
    "new Date()",
    "Date()",
    "Math.random()",
    "crypto.randomUUID()",
    'fetch("https://a")',
    "setTimeout(f, 1)",
    "setInterval(f, 1)",
    'console.log("a")',
    "performance.now()",
    "globalThis.fetch",
    "process.env",
    'new WebSocket("wss://a")',
  ])("an impure call: %s", (call) => {
    expect(impureCalls(bad("src/domain/a.ts", `const f = () => ${call};`))).not.toEqual([]);
    expect(impureCalls(bad("src/api/a.ts", `const f = () => ${call};`))).toEqual([]);
  });

  test("a given time is no impure call, and neither is a comment about one", () => {
    const good = "/** Never Date.now(). */ const at = (now: number) => new Date(now);";
    expect(impureCalls(bad("src/domain/a.ts", good))).toEqual([]);
  });

  test("the pure folders are those of the design", () => {
    const pure = ["src/domain/risk/a.ts", "src/brokers/kite/parse.ts", "src/brokers/broker.ts"];
    const shell = ["src/brokers/kite/client.ts", "src/api/app.ts", "durable-objects/market.ts"];
    expect(pure.every((path) => PURE.test(path))).toBe(true);
    expect(shell.some((path) => PURE.test(path))).toBe(false);
  });

  test("a file of one line too many", () => {
    expect(tooLong(lines(LINES_MAX))).toEqual([]);
    expect(tooLong(lines(LINES_MAX + 1))).toHaveLength(1);
  });

  test.each(["import a from 'a';", "// a plain comment", "/** */ const a = 1;", ""])(
    "a file that does not say what it is for: %j",
    (text) => {
      expect(withoutDoc(bad("src/domain/a.ts", text))).toHaveLength(1);
    },
  );

  test.each([
    "class A { private a = 1; }",
    "class A { protected b() {} }",
    "class A { constructor(private c: number) {} }",
  ])("a private that RPC can reach: %s", (text) => {
    expect(typescriptPrivates(bad("durable-objects/a.ts", text))).toHaveLength(1);
  });

  test("a double cast", () => {
    const text = "const a = b as unknown as C;";
    expect(doubleCasts(bad("src/api/a.ts", text))).toHaveLength(1);
    expect(doubleCasts(bad("src/platform/objects.ts", text))).toEqual([]);
  });

  test.each(["const traderId = 1;", "type T = { qty: number };", "class A { #pnl = 0; }"])(
    "a synonym: %s",
    (text) => {
      expect(bannedWords(bad("src/domain/a.ts", text))).toHaveLength(1);
    },
  );

  test("the word list's own exception stands", () => {
    const good = "class TraderManager { constructor() {} toString() {} }";
    expect(bannedWords(bad("src/domain/a.ts", good))).toEqual([]);
  });

  test("an object without its port", () => {
    const without = "export class Market extends DurableObject<Env> { a() {} }";
    const wrong = "export class Market extends DurableObject<Env> implements OtherPort { a() {} }";
    const right = "export class Market extends DurableObject<Env> implements MarketPort { a() {} }";
    expect(objectsWithoutPort(bad("durable-objects/market.ts", without))).toHaveLength(1);
    expect(objectsWithoutPort(bad("durable-objects/market.ts", wrong))).toHaveLength(1);
    expect(objectsWithoutPort(bad("durable-objects/market.ts", right))).toEqual([]);
  });

  test("a folder that the document forgot", () => {
    const files = bad("src/domain/a.ts", "");
    expect(unnamedFolders(files, "nothing about it")).toHaveLength(1);
    expect(unnamedFolders(files, "- `src/domain/` is pure")).toEqual([]);
  });

  test("a lock without another system's binary", () => {
    const entry = { optionalDependencies: { "@x/darwin": "1.0.0" } };
    expect(missingFromLock({ packages: { "node_modules/x": entry } })).toHaveLength(1);
    const whole = { "node_modules/x": entry, "node_modules/@x/darwin": { version: "1.0.0" } };
    expect(missingFromLock({ packages: whole })).toEqual([]);
  });
});
