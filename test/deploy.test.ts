/** What would be deployed is built for real, and holds what the configuration promises. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tool } from "../scripts/lib/paths.ts";
import { type Ran, run } from "../scripts/lib/run.ts";

const BUNDLE_TIMEOUT_MS = 60_000;

const out = mkdtempSync(join(tmpdir(), "trunkline-deploy-"));
let dryRun: Ran;

beforeAll(async () => {
  dryRun = await run(tool("wrangler"), ["deploy", "--dry-run", "--outdir", out]);
}, BUNDLE_TIMEOUT_MS);

afterAll(() => rmSync(out, { recursive: true, force: true }));

test("a deploy is accepted without a warning about the configuration", () => {
  expect(dryRun.output).not.toContain("ERROR");
  expect(dryRun.output).not.toContain("WARNING");
  expect(dryRun.code).toBe(0);
});

test("every Durable Object, the database and the queue are bound", () => {
  const config = readFileSync("wrangler.toml", "utf8");
  const names = [...config.matchAll(/^(?:name|binding) = "([A-Z_]+)"/gm)].map((match) => match[1]);
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) expect(dryRun.output).toContain(`env.${name}`);
});

test("a deployed Worker is in production and takes no development key", () => {
  const config = readFileSync("wrangler.toml", "utf8");
  expect(config).toMatch(/^ENVIRONMENT = "production"$/m);
  expect(config).toMatch(/^DEVELOPMENT_KEY_SHA256 = ""$/m);
  expect(config).toMatch(/^workers_dev = false$/m);
});

test("the bundle is one module that fits the platform's limit", () => {
  const script = readdirSync(out).find((file) => file.endsWith(".js"));
  expect(script).toBeDefined();
  // 10 MB after compression on the paid plan; the uncompressed text is a safe upper bound.
  expect(readFileSync(join(out, script ?? "")).byteLength).toBeLessThan(10_000_000);
});
