/** `npm run bench [-- --case NAME --seconds N]`: measures what matters, against something, in one run. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { fanOut, type FanOutOptions } from "../bench/fan-out/case.ts";
import { cpuSeconds, residentBytes } from "../bench/lib/processes.ts";
import { startRuntime } from "../bench/lib/runtime.ts";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";
import { dashboardStep, runStep } from "./lib/steps.ts";

/** One measurement; with the defaults the whole case stays well under two minutes. */
const SECONDS_DEFAULT = "3";
const SECONDS_MAX = 6;
const REPEATS = 3;
const TICKS_PER_SECOND_DEFAULT = "2000";
const TICKS_PER_SECOND_MAX = 20_000;

function bounded(text: string, name: string, max: number): number {
  const value = Number(text);
  if (value > 0 && value <= max) return value;
  throw new Failure(`--${name} must be above 0 and at most ${max}, not "${text}".`, EXIT_USAGE);
}

function options(): FanOutOptions {
  const text = { type: "string" } as const;
  let values: Record<string, string | undefined>;
  try {
    ({ values } = parseArgs({ options: { case: text, seconds: text, rate: text } }));
  } catch (error) {
    throw new Failure((error as Error).message, EXIT_USAGE);
  }
  if (values["case"] !== undefined && values["case"] !== "fan-out") {
    throw new Failure(`There is no case "${values["case"]}". Cases: fan-out`, EXIT_USAGE);
  }
  return {
    seconds: bounded(values["seconds"] ?? SECONDS_DEFAULT, "seconds", SECONDS_MAX),
    repeats: REPEATS,
    ticksPerSecond: bounded(
      values["rate"] ?? TICKS_PER_SECOND_DEFAULT,
      "rate",
      TICKS_PER_SECOND_MAX,
    ),
  };
}

await main(async () => {
  const chosen = options();
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    load: loadavg().map((value) => Math.round(value * 100) / 100),
    node: process.version,
  };
  console.log(
    `${machine.cores} cores, ${machine.processor}, load before ${machine.load.join(" ")}, Node ${machine.node}`,
  );
  await runStep(dashboardStep, (line) => console.log(line));
  const { platform, pid } = await startRuntime();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void platform.stop().finally(() => process.exit(1)));
  }
  try {
    const result = await fanOut(platform, chosen);
    const megabytes = Math.round((residentBytes(pid) ?? 0) / 1_048_576);
    console.log(`the runtime used ${cpuSeconds(pid)} s of processor time and ${megabytes} MB`);
    console.log(`\n${JSON.stringify({ case: "fan-out", machine, ...result })}`);
  } finally {
    await platform.stop();
  }
  return 0;
});
