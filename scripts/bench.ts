/** `npm run bench [-- CASE… --seconds N --rounds N]`: measures what matters, against others, in one run. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Case } from "../bench/cases/case.ts";
import { DECISION_CASES } from "../bench/cases/decision-case.ts";
import { MOVING_CASES } from "../bench/cases/moving-cases.ts";
import { KILL_SWITCH_CASES } from "../bench/cases/kill-switch-case.ts";
import { ORDER_CASES } from "../bench/cases/order-case.ts";
import { STUCK_CASES } from "../bench/cases/stuck-case.ts";
import { STEADY_CASES } from "../bench/cases/steady-cases.ts";
import { keep, machineNow, type Run, textOf } from "../bench/lib/results.ts";
import { NATS_HELP, natsProgram } from "../bench/load/servers.ts";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";
import { ROOT } from "./lib/paths.ts";

const CASES: Case[] = [
  ...STEADY_CASES,
  ...MOVING_CASES,
  ...ORDER_CASES,
  ...DECISION_CASES,
  ...KILL_SWITCH_CASES,
  ...STUCK_CASES,
];

/** Longer runs say nothing more, and the whole bench is to be done in minutes. */
const SECONDS_MAX = 30;
const ROUNDS_MAX = 9;

const help = (): string => `Usage: npm run bench [-- CASE… --seconds N --rounds N]

Measures Trunkline beside nats-server with WebSocket clients and a plain Node ws hub, each fed by the
same feed process and read by the same clients, in turns on this machine.

Cases (all of them when none is named):
${CASES.map(({ name, title }) => `  ${name.padEnd(10)} ${title}`).join("\n")}

  --seconds N  length of each measurement, above 0 and at most ${SECONDS_MAX} (default 3)
  --rounds N   repeats of each, of which the middle is told, 1 to ${ROUNDS_MAX} (default 1)
  --help       this text

The newest run of each case is kept in bench/results. Ends with 1 when a target was missed.
`;

function bounded(text: string, name: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new Failure(`--${name} must be a number from ${min} to ${max}, not "${text}".`, EXIT_USAGE);
}

const say = (line: string): void => console.log(line);

interface Options {
  cases: Case[];
  seconds: number;
  rounds: number;
}

function options(): Options | null {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: "string", default: "3" },
        rounds: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new Failure(`${(error as Error).message}\n\n${help()}`, EXIT_USAGE);
  }
  if (parsed.values.help) return null;
  const cases = parsed.positionals.map((name) => {
    const found = CASES.find((each) => each.name === name);
    if (found) return found;
    const known = CASES.map((each) => each.name).join(", ");
    throw new Failure(`There is no case "${name}". Cases: ${known}.`, EXIT_USAGE);
  });
  const rounds = bounded(parsed.values.rounds, "rounds", 1, ROUNDS_MAX);
  if (!Number.isInteger(rounds)) throw new Failure("--rounds must be whole.", EXIT_USAGE);
  return {
    cases: cases.length > 0 ? cases : CASES,
    seconds: bounded(parsed.values.seconds, "seconds", 0.5, SECONDS_MAX),
    rounds,
  };
}

await main(async () => {
  const chosen = options();
  if (chosen === null) {
    say(help());
    return 0;
  }
  if (natsProgram() === null) say(NATS_HELP);
  let isAnyMissed = false;
  for (const each of chosen.cases) {
    say(`\n${each.name}: ${each.title}`);
    const machine = machineNow();
    const { seconds, rounds } = chosen;
    const result = await each.run({ seconds, rounds, say });
    const { name, title } = each;
    const run: Run = {
      case: name,
      title,
      at: new Date().toISOString(),
      seconds,
      rounds,
      machine,
      ...result,
    };
    say(`\n${textOf(run)}`);
    keep(run, join(ROOT, "bench", "results"));
    isAnyMissed ||= run.checks.some((check) => check.isMet === false);
  }
  return isAnyMissed ? 1 : 0;
});
