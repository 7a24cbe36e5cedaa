/** `npm run cost -- --instruments N --ticks N --algos N --hours N`: what a month on the platform costs. */
import { parseArgs } from "node:util";
import { record } from "../bench/cost/record.ts";
import { readRecorded, writeRecorded } from "../bench/cost/recorded.ts";
import type { Load } from "../bench/cost/sheet.ts";
import { sheetText } from "../bench/cost/text.ts";
import { SHARDS_MAX } from "../src/contract/brokers.ts";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";

/** Each option with its default and its bounds. */
const NUMBERS = {
  instruments: { preset: 500, min: 1, max: 20_000, whole: true, means: "instruments watched" },
  ticks: { preset: 1, min: 0, max: 100, whole: false, means: "ticks of each per second" },
  algos: { preset: 50, min: 1, max: 10_000, whole: true, means: "algos connected" },
  hours: { preset: 6.5, min: 0, max: 24, whole: false, means: "trading hours of a day" },
  days: { preset: 21, min: 0, max: 31, whole: true, means: "trading days of a month" },
  shards: { preset: 2, min: 1, max: SHARDS_MAX, whole: true, means: "broker connections" },
} as const;

type Name = keyof typeof NUMBERS;
const NAMES = Object.keys(NUMBERS) as Name[];

/** A minute and what happens once in each is in it. */
const RECORD_SECONDS = 66;

const help = (): string => `Usage: npm run cost -- [options]

What a month costs on Cloudflare's Workers Paid plan, from counts of a real local run.

${NAMES.map((name) => {
  const { preset, min, max, means } = NUMBERS[name];
  return `  --${name.padEnd(12)} ${means}, ${min} to ${max.toLocaleString("en-US")} (default ${preset})`;
}).join("\n")}
  --record       first runs the platform for about two minutes and keeps its counts in bench/cost/recorded.json
  --help         this text
`;

function numberOf(name: Name, text: string | undefined): number {
  const { preset, min, max, whole } = NUMBERS[name];
  if (text === undefined) return preset;
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max && (!whole || Number.isInteger(value)))
    return value;
  const kind = whole ? "a whole number" : "a number";
  throw new Failure(`--${name} must be ${kind} from ${min} to ${max}, not "${text}".`, EXIT_USAGE);
}

interface Options {
  load: Load;
  isRecording: boolean;
}

function options(): Options | null {
  const texts = Object.fromEntries(NAMES.map((name) => [name, { type: "string" }] as const));
  const flags = { help: { type: "boolean" }, record: { type: "boolean" } } as const;
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({ options: { ...texts, ...flags } }));
  } catch (error) {
    throw new Failure(`${(error as Error).message}\n\n${help()}`, EXIT_USAGE);
  }
  if (values["help"] === true) return null;
  const one = (name: Name): number => numberOf(name, values[name] as string | undefined);
  const load = {
    instruments: one("instruments"),
    ticks: one("ticks"),
    algos: one("algos"),
    hours: one("hours"),
    days: one("days"),
    shards: one("shards"),
  };
  return { load, isRecording: values["record"] === true };
}

await main(async () => {
  const chosen = options();
  if (chosen === null) {
    console.log(help());
    return 0;
  }
  if (chosen.isRecording) {
    const { instruments, ticks, algos } = chosen.load;
    writeRecorded(await record({ instruments, ticks, algos, seconds: RECORD_SECONDS }));
  }
  console.log(sheetText(chosen.load, readRecorded()));
  return 0;
});
