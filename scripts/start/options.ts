/** The options of `npm start`. Wrong ones are told in words that say what would be right; nothing starts. */
import { parseArgs } from "node:util";
import { err, ok, type Result } from "../../src/domain/result.ts";
import { joinNegatives } from "../lib/arguments.ts";

export const PORT_DEFAULT = 8787;
const SPEED_MAX = 100_000;

export interface StartOptions {
  port: number;
  fresh: boolean;
  examples: boolean;
  /** Path of a recording as it was given, or null. */
  replay: string | null;
  speed: number;
  /** Null: leave the market's hours as they are. */
  hours: "always" | "exchange" | null;
  help: boolean;
}

export const HELP = `npm start -- [options]

  --port N            port of the dashboard, the API and the stream (default ${PORT_DEFAULT}; PORT does the same)
  --fresh             delete the local database, the objects and the algo keys first
  --no-examples       start no example algos
  --replay FILE       play a recording instead of the seeded market: Kraken's answer to
                      /0/public/Trades as it is, NDJSON or CSV of ticks (see README)
  --speed N           how many times faster than recorded (default 1, with --replay only)
  --hours HOURS       always | exchange: hours of the paper market
  --help              this text

Options stand after a lone --, so that npm hands them on.`;

const OPTIONS = {
  port: { type: "string" },
  fresh: { type: "boolean" },
  "no-examples": { type: "boolean" },
  replay: { type: "string" },
  speed: { type: "string" },
  hours: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const TEACH = "See: npm start -- --help";

function number(
  text: string,
  name: string,
  rule: (value: number) => boolean,
  right: string,
): Result<number, string> {
  const value = Number(text);
  return text.trim() !== "" && rule(value)
    ? ok(value)
    : err(`${name} must be ${right}, not "${text}".`);
}

/** npm takes options without a lone `--` for itself and leaves them in the environment. */
function takenByNpm(env: NodeJS.ProcessEnv): string | null {
  const names = ["port", "fresh", "replay", "speed", "hours", "examples"];
  return names.find((name) => env[`npm_config_${name}`] !== undefined) ?? null;
}

type Values = ReturnType<typeof parse>["values"];

function parse(args: string[]) {
  return parseArgs({ args: joinNegatives(args), options: OPTIONS, allowPositionals: true });
}

function read(values: Values, env: NodeJS.ProcessEnv): Result<StartOptions, string> {
  const port = number(
    values.port ?? (env["PORT"] || String(PORT_DEFAULT)),
    values.port === undefined ? "PORT" : "--port",
    (value) => Number.isInteger(value) && value >= 1 && value <= 65_535,
    "a whole number from 1 to 65535",
  );
  if (!port.ok) return port;
  const speed = number(
    values.speed ?? "1",
    "--speed",
    (value) => value > 0 && value <= SPEED_MAX,
    `a number above 0 and at most ${SPEED_MAX}`,
  );
  if (!speed.ok) return speed;
  if (values.speed !== undefined && values.replay === undefined) {
    return err("--speed is the speed of a recording: give it together with --replay FILE.");
  }
  const { hours } = values;
  if (hours !== undefined && hours !== "always" && hours !== "exchange") {
    return err(`--hours must be always or exchange, not "${hours}".`);
  }
  if (values.replay === "") return err("--replay needs the path of a file.");
  return ok({
    port: port.value,
    fresh: values.fresh ?? false,
    examples: !(values["no-examples"] ?? false),
    replay: values.replay ?? null,
    speed: speed.value,
    hours: hours ?? null,
    help: values.help ?? false,
  });
}

/** Reads the command line and `PORT`. The error is one line for a person, with the way to the help. */
export function parseOptions(args: string[], env: NodeJS.ProcessEnv): Result<StartOptions, string> {
  const taken = takenByNpm(env);
  if (taken) return err(`npm took --${taken} for itself. Write: npm start -- --${taken} …`);
  try {
    const { values, positionals } = parse(args);
    const [surplus] = positionals;
    if (surplus !== undefined) return err(`"${surplus}" is not an option. ${TEACH}`);
    const options = read(values, env);
    return options.ok ? options : err(`${options.error} ${TEACH}`);
  } catch (error) {
    // parseArgs throws on an unknown option or a missing value, with a first sentence that says which.
    const [first] = (error as Error).message.split(". ");
    return err(`${first}. ${TEACH}`);
  }
}
