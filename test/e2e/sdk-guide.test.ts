/** Runs the page "write your first algo": every file is written as it stands there, every command is run in its order. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/lib/paths.ts";
import { npmStart, type Started, untilStarted } from "../support/npm-start.ts";
import { testPort } from "../support/port.ts";

interface Block {
  language: string;
  /** Name of the file that the block is; empty for commands. */
  file: string;
  text: string;
}

const page = readFileSync(join(ROOT, "docs", "write-your-first-algo.md"), "utf8");
const blocks: Block[] = [...page.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = "", file = "", text = ""]) => ({ language, file, text: text.trimEnd() }),
);

/** The newcomer's folder: it holds what the clone would, but the platform's state is of its own. */
const folder = mkdtempSync(join(tmpdir(), "trunkline-guide-"));
let platform: Started;
let port: number;

beforeAll(async () => {
  port = await testPort();
  const home = join(folder, ".trunkline");
  mkdirSync(home);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  // The first command of the page, on a port of its own.
  platform = npmStart(["--port", String(port)], { TRUNKLINE_HOME: home });
  await untilStarted(platform);
});

afterAll(async () => {
  platform?.ctrlC();
  await platform?.ended;
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  output: string;
  code: number | null;
}

/** Runs commands as a shell would; interrupts them as a person would once `enough` was seen. */
function shell(commands: string, enough: RegExp | null): Promise<Ran> {
  const cwd = commands.startsWith("npm run") ? ROOT : folder;
  const child = spawn(
    "bash",
    ["-euc", commands.replaceAll("127.0.0.1:8787", `127.0.0.1:${port}`)],
    {
      cwd,
      env: { ...process.env, TRUNKLINE_URL: `http://127.0.0.1:${port}` },
      detached: true,
    },
  );
  let output = "";
  let interrupted = false;
  const hear = (piece: Buffer): void => {
    output += piece.toString();
    if (enough === null || interrupted || !enough.test(output) || child.pid === undefined) return;
    interrupted = true;
    process.kill(-child.pid, "SIGINT");
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve) => child.once("close", (code) => resolve({ output, code })));
}

/** What each block of commands must print; the key is a part of the block. */
const EXPECTED: { command: string; prints: RegExp[]; untilStopped?: boolean }[] = [
  { command: "npm start", prints: [] },
  { command: "npm run build -w sdk", prints: [] },
  {
    command: "node my-first-algo.mjs",
    prints: [/NSE:INFY has 50 candles/, /NSE:INFY traded at \d/, /KRAKEN:BTC\/USD traded at \d/],
    untilStopped: true,
  },
  { command: "node my-first-order.mjs", prints: [/bought at \d/, /sold at \d/, /round trip done/] },
  { command: "/v1/trades?algoId", prints: [/"side":"buy"/, /"side":"sell"/] },
  { command: "node my-first-refusal.mjs", prints: [/refused: ORDER_NOTIONAL: .*"limit":"\d/] },
  { command: "npx node my-class-algo.ts", prints: [/(?:above|below) its mean/, /ten ticks seen/] },
  { command: "/v1/keys", prints: [/"key":"tl_/, /"algoId":"my-first-algo"/] },
];

test("the page has the files and commands that this test knows, in their order", () => {
  const commands = blocks.filter((block) => block.language === "sh");
  expect(commands).toHaveLength(EXPECTED.length);
  for (const [index, { text }] of commands.entries()) {
    expect(text).toContain(EXPECTED[index]?.command);
  }
  // Nothing on the page escapes: a block is a command or a named file.
  expect(blocks.filter((block) => block.language !== "sh" && block.file === "")).toEqual([]);
  expect(page.match(/^```/gm)).toHaveLength(blocks.length * 2);
});

test("a newcomer who does what it says sees what it says", async () => {
  const expected = [...EXPECTED];
  for (const { language, file, text } of blocks) {
    if (language !== "sh") {
      writeFileSync(join(folder, file), `${text}\n`);
      continue;
    }
    const step = expected.shift();
    if (step === undefined || text === "npm start") continue;
    const enough = new RegExp(step.prints.map((each) => `(?=[\\s\\S]*${each.source})`).join(""));
    // The tradebook is written a moment after the fill.
    const tries = text.startsWith("curl") ? 20 : 1;
    let ran = await shell(text, step.untilStopped ? enough : null);
    for (let n = 1; n < tries && !enough.test(ran.output); n += 1) ran = await shell(text, null);
    for (const line of step.prints) expect(ran.output).toMatch(line);
    expect({ text, code: ran.code, output: ran.output }).toMatchObject({ code: 0 });
  }
});
