/** Three kinds of test: plain (pure code), workers (inside workerd) and end to end (real processes, real browser). */
import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** ms after which a test hangs. It judges no speed: a busy machine may take ten times as long as a free one. */
const HANGS_MS = 30_000;

/** One core less, vitest's own choice, leaves a machine of two half idle: most tests inside workerd wait for a clock. */
const maxWorkers = Math.max(2, availableParallelism());

export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      {
        test: {
          name: "plain",
          testTimeout: HANGS_MS,
          include: [
            "test/{unit,simulation,conformance}/**/*.test.ts",
            "test/*.test.ts",
            "sdk/**/*.test.ts",
          ],
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ENVIRONMENT: "development",
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
              },
            },
          })),
        ],
        test: {
          name: "workers",
          testTimeout: HANGS_MS,
          hookTimeout: HANGS_MS,
          include: ["test/workers/**/*.test.ts"],
          setupFiles: ["./test/support/workers/setup.ts"],
          // itty-durable is published as loose modules that workerd cannot resolve one by one.
          deps: { optimizer: { ssr: { enabled: true, include: ["itty-durable", "itty-router"] } } },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
