/** What is published works where it is installed: packed, installed from files alone, compiled against and run. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { FakePlatform } from "./support/fake-platform.ts";

const SDK = join(dirname(fileURLToPath(import.meta.url)), "..");
const ROOT = join(SDK, "..");
const folder = mkdtempSync(join(tmpdir(), "trunkline-consumer-"));

interface Manifest {
  name: string;
  version: string;
  files: string[];
  dependencies: Record<string, string>;
  bin?: unknown;
  scripts?: unknown;
}
const manifest = JSON.parse(readFileSync(join(SDK, "package.json"), "utf8")) as Manifest;

/** Node 20 where the machine has one beside the repository's own; the oldest there is, otherwise. */
function oldestNode(): string {
  const found = (process.env["PATH"] ?? "")
    .split(":")
    .map((part) => join(part, "node"))
    .filter((path) => existsSync(path))
    .map((path) => ({ path, version: execFileSync(path, ["--version"], { encoding: "utf8" }) }))
    .map(({ path, version }) => ({ path, major: Number(version.slice(1).split(".")[0]) }))
    .filter(({ major }) => major >= 20)
    .sort((a, b) => a.major - b.major);
  return found[0]?.path ?? process.execPath;
}

const run = (command: string, args: string[], cwd: string, env: Record<string, string> = {}) =>
  execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 60_000,
  });

/** Builds, packs, and installs the package with its dependencies as they lie here: no registry is asked. */
beforeAll(() => {
  run(process.execPath, [join(SDK, "build.mjs")], ROOT);
  const packed = run(
    "npm",
    ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder],
    SDK,
  );
  const modules = join(folder, "node_modules");
  const installed = join(modules, manifest.name);
  mkdirSync(installed, { recursive: true });
  run(
    "tar",
    ["-xzf", join(folder, packed.trim()), "--strip-components=1", "-C", installed],
    folder,
  );
  for (const name of Object.keys(manifest.dependencies)) {
    cpSync(join(ROOT, "node_modules", name), join(modules, name), { recursive: true });
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ALGO = `
import { Algo, runAlgo, TrunklineConfigError } from "@trunkline/sdk";
let seen = 0;
await runAlgo({
  id: "consumer",
  instruments: ["NSE:INFY"],
  async onTick(context, tick) {
    seen += 1;
    const outcome = await context.submit({ instrument: tick.instrument, side: "buy", type: "market", quantity: 1 });
    console.log(JSON.stringify({ last: tick.last, outcome: outcome.outcome, isClass: typeof Algo, seen }));
    context.stop("done");
  },
});
try { new (class extends Algo {})({ algoId: "Wrong Id" }); } catch (error) { console.log(error instanceof TrunklineConfigError); }
`;

describe("the package", () => {
  test("holds the compiled SDK, its types, and no source, test or other part of the platform", () => {
    const installed = join(folder, "node_modules", manifest.name);
    const list = run("find", [".", "-type", "f"], installed).trim().split("\n");
    expect(list).toContain("./dist/sdk/index.js");
    expect(list).toContain("./dist/sdk/index.d.ts");
    expect(list).toContain("./LICENSE");
    const strange = list.filter(
      (path) =>
        !/^\.\/(?:package\.json|README\.md|LICENSE|dist\/sdk\/.*|dist\/src\/(?:contract|domain)\/.*)$/.test(
          path,
        ),
    );
    expect(strange).toEqual([]);
    expect(list.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
  });

  test.each([
    ["the oldest Node", oldestNode(), {}],
    ["this Node", process.execPath, {}],
    [
      "a Node without a WebSocket of its own",
      process.execPath,
      { NODE_OPTIONS: "--no-experimental-websocket" },
    ],
  ] as [string, string, Record<string, string>][])(
    "runs in plain JavaScript on %s",
    async (_what, node, env) => {
      const platform = new FakePlatform();
      await platform.start();
      const ticking = setInterval(() => {
        const socket = platform.sockets[0];
        if (socket?.ofTicks().length === 1)
          socket.tick("NSE:INFY", { seq: socket.seq + 1, last: 42 });
      }, 20);
      try {
        writeFileSync(join(folder, "algo.js"), ALGO);
        const { spawn } = await import("node:child_process");
        const child = spawn(node, ["algo.js"], {
          cwd: folder,
          env: { ...process.env, ...env, TRUNKLINE_URL: platform.url, TRUNKLINE_KEY: "tl_test" },
        });
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
        const code = await new Promise((resolve) => child.once("exit", resolve));
        expect(output).toContain('{"last":42,"outcome":"accepted","isClass":"function","seen":1}');
        expect(output.trim().split("\n").at(-1)).toBe("true");
        expect(code).toBe(0);
        await until("the line to close", () => platform.socket.socket.readyState === 3);
        expect(platform.socket.authorization).toBe("Bearer tl_test");
      } finally {
        clearInterval(ticking);
        await platform.stop();
      }
    },
  );

  test("type-checks in a strict project, its own types included", () => {
    writeFileSync(
      join(folder, "algo.ts"),
      `import { Algo, runAlgo, type OrderOutcome, type Tick } from "@trunkline/sdk";
class Mine extends Algo {
  override async onTick(tick: Tick): Promise<void> {
    const outcome: OrderOutcome = await this.submit({ instrument: tick.instrument, side: "buy", type: "limit", quantity: 1, limitPrice: "1500.05" });
    if (outcome.outcome === "refused") this.log(outcome.code, { limit: outcome.facts?.limit });
    const closes: number[] = this.candles(tick.instrument).map((candle) => candle.close);
    this.log(String(closes.length));
  }
}
await new Mine({ algoId: "mine" }).run();
await runAlgo({ id: "mine", onTick: (context, tick) => context.log(tick.instrument) });
// @ts-expect-error a side is buy or sell
await runAlgo({ id: "mine", onStart: (c) => void c.submit({ instrument: "A:B", side: "hold", type: "market", quantity: 1 }) });
`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: "es2022",
          module: "nodenext",
          lib: ["es2024", "dom"],
          types: [],
          skipLibCheck: false,
        },
        files: ["algo.ts"],
      }),
    );
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    expect(run(process.execPath, [tsc, "-p", folder], folder)).toBe("");
  });
});
