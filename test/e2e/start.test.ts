import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/lib/paths.ts";
import { freePort, portIsFree } from "../../scripts/lib/port.ts";
import type { ProvidersView } from "../../src/contract/providers.ts";
import type { PaperView } from "../../src/contract/paper.ts";
import { npmStart, processesOf, type Started, untilStarted } from "../support/npm-start.ts";
import { until } from "../support/until.ts";

const home = mkdtempSync(join(tmpdir(), "trunkline-start-"));
const env = { TRUNKLINE_HOME: home };
let port: number;
let url: string;

beforeAll(async () => {
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

const start = (...args: string[]): Started => npmStart(["--port", String(port), ...args], env);

/** One line of a recording. */
const line = (price: unknown): string =>
  JSON.stringify({ instrument: "KRAKEN:BTC/USD", time: 1_762_795_433_971, price, quantity: 1 });

const key = (): string => readFileSync(join(home, "dev-key"), "utf8").trim();

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key()}` } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Ctrl-C, and then nothing of it is left. */
async function end(started: Started): Promise<void> {
  started.ctrlC();
  expect(await started.ended).toBe(0);
  expect(processesOf(home)).toEqual([]);
  expect(await portIsFree(port)).toBe(true);
}

const PROVIDERS = "/v1/instruments/KRAKEN%3ABTC%2FUSD/providers";

describe("what is refused before anything starts", () => {
  const recording = join(home, "recording.ndjson");
  test.each([
    ["an unknown option", ["--colour"], /--colour/],
    ["a value that is no number", ["--speed", "fast", "--replay", "x"], /--speed must be a number/],
    ["a speed without a recording", ["--speed", "2"], /--replay FILE/],
    ["hours nobody keeps", ["--hours", "night"], /always or exchange/],
    ["a word too many", ["now"], /"now" is not an option/],
    [
      "a recording that is not there",
      ["--replay", "/no/such/file"],
      /cannot read \/no\/such\/file/,
    ],
  ])("%s", async (_name, args, message) => {
    const started = start(...args);
    expect(await started.ended).toBe(2);
    expect(started.output()).toMatch(message);
  });

  test("a malformed recording, by line and field", async () => {
    writeFileSync(recording, `${line(105_433.6)}\n${line("much")}\n`);
    const started = start("--replay", recording);
    expect(await started.ended).toBe(2);
    expect(started.output()).toMatch(/line 2/);
    expect(started.output()).toMatch(/price/);
    expect(processesOf(home)).toEqual([]);
  });

  test("a port that is in use, by its number", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const started = start();
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain(`Port ${port} of 127.0.0.1 is in use`);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("the main job", () => {
  interface Orders {
    items: { clientOrderId: string; algoId: string }[];
  }
  let firstOrder: string;
  let firstKey: string;

  test("starts the platform and both example algos, and says where everything is", async () => {
    const started = start();
    await untilStarted(started);
    const output = started.output();
    expect(output).toContain(`${url}/`);
    expect(output).toContain(`${url}/v1/docs`);
    expect(output).toContain(`ws://127.0.0.1:${port}/v1/stream`);
    expect(output).toContain(join(home, "dev-key"));
    expect(output).not.toContain(key());
    expect(statSync(join(home, "dev-key")).mode & 0o777).toBe(0o600);

    const page = await fetch(`${url}/`);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect((await fetch(`${url}/v1/docs`)).ok).toBe(true);

    const algos = await until(
      "an order of each example algo in the tradebook",
      async () => {
        const { items } = await get<Orders>("/v1/orders?limit=500");
        firstOrder = items[0]?.clientOrderId ?? "";
        const ids = new Set(items.map((order) => order.algoId));
        return ids.size >= 2 ? ids : null;
      },
      60_000,
    );
    expect([...algos].toSorted()).toEqual(["mean-reversion", "moving-average"]);
    firstKey = readFileSync(join(home, "keys", "moving-average.key"), "utf8");
    await end(started);
  });

  test("starts again in seconds, with its state and its keys", async () => {
    const began = performance.now();
    const started = start("--no-examples");
    await untilStarted(started);
    expect(performance.now() - began).toBeLessThan(30_000);
    await get(`/v1/orders/${firstOrder}`);
    expect(readFileSync(join(home, "keys", "moving-average.key"), "utf8")).toBe(firstKey);
    await end(started);
  });

  test("ends with code 1 and leaves nothing when the Worker dies", async () => {
    const started = start("--no-examples");
    await untilStarted(started);
    const worker = processesOf(home).find(({ command }) => command.includes("wrangler-dist"));
    expect(worker).toBeDefined();
    if (worker) process.kill(worker.pid, "SIGKILL");
    expect(await started.ended).toBe(1);
    expect(started.output()).toMatch(/The Worker ended/);
    await until("every child to be gone", () => processesOf(home).length === 0);
  });

  test("plays a recording instead of the seeded market", async () => {
    const recording = join(home, "ticks.ndjson");
    const ticks = Array.from({ length: 50 }, (_, index) => ({
      instrument: "KRAKEN:BTC/USD",
      time: 1_762_795_433_000 + index * 1_000,
      price: 105_000 + index,
      quantity: 0.01,
    }));
    writeFileSync(recording, ticks.map((tick) => JSON.stringify(tick)).join("\n"));
    const started = start("--no-examples", "--replay", recording, "--speed", "50");
    await untilStarted(started);
    const paper = await get<PaperView>("/v1/paper");
    expect(paper.mode).toBe("replay");
    expect(paper.replay?.ticks).toBe(50);
    await until("the recording to have played", async () => {
      const { replay } = await get<PaperView>("/v1/paper");
      return replay?.finished ?? false;
    });
    // A pause of the recording is not filled by a provider that stands by.
    const alone = await get<ProvidersView>(PROVIDERS);
    expect(alone.order).toBe("override");
    expect(alone.providers.map(({ provider }) => provider)).toEqual(["paper"]);
    await end(started);
  });

  test("a request to end, to npm alone, ends everything", async () => {
    const started = npmStart(["--port", String(port), "--no-examples"], env, "npm");
    await untilStarted(started);
    // What the recording before changed is taken back.
    expect((await get<ProvidersView>(PROVIDERS)).order).toBe("default");
    started.terminate();
    await started.ended;
    await until("every child to be gone", () => processesOf(home).length === 0);
    expect(await portIsFree(port)).toBe(true);
  });

  test("--fresh names what it deletes and starts from nothing", async () => {
    const started = start("--no-examples", "--fresh");
    await untilStarted(started);
    expect(started.output()).toContain(`deleting ${join(home, "state")}`);
    const { items } = await get<Orders>("/v1/orders");
    expect(items).toEqual([]);
    expect((await get<PaperView>("/v1/paper")).mode).toBe("seeded");
    await end(started);
  });
});

/** The recording handed over beside the repository; reported as skipped where it is absent. */
const trades = join(ROOT, "..", "shared", "fixtures", "kraken", "http_trades.json");
const present = statSync(trades, { throwIfNoEntry: false }) !== undefined;

test.skipIf(!present)("plays a real exchange's recorded trades as they came", async () => {
  const started = start("--replay", trades, "--speed", "600");
  await untilStarted(started);
  expect((await get<PaperView>("/v1/paper")).replay?.ticks).toBe(1_000);
  await until("the exchange's trades to be played", async () => {
    const { replay } = await get<PaperView>("/v1/paper");
    return (replay?.played ?? 0) > 10;
  });
  await end(started);
});
