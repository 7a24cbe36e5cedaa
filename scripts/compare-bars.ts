/** `npm run compare-bars -- --trades FILE --bars FILE`: the platform's bars of recorded trades beside the exchange's own. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { parseRecording } from "../src/brokers/paper/recording.ts";
import { CANDLE_INTERVALS, type CandleInterval } from "../src/domain/candle.ts";
import { parseBars } from "./compare-bars/bars-file.ts";
import { barsOfTrades } from "./compare-bars/build.ts";
import { compareBars } from "./compare-bars/compare.ts";
import { reportText } from "./compare-bars/report.ts";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";

const HELP = `npm run compare-bars -- --trades FILE --bars FILE [options]

Builds bars from recorded trades with the platform's own code, and compares them with the exchange's.

  --trades FILE       Kraken's answer to /0/public/Trades as it is, NDJSON or CSV of ticks (see README)
  --bars FILE         Kraken's answer to /0/public/OHLC as it is, or NDJSON or CSV with
                      time,open,high,low,close,volume[,count]; time in ms since 1970
  --interval I        ${CANDLE_INTERVALS.join(" | ")} (default 1m)
  --instrument ID     which one, when the trades are of several
  --help              this text

Ends with 0 when all whole bars are the same, 1 when one differs, 2 when there is nothing to compare.`;

const TEACH = "See: npm run compare-bars -- --help";

interface Options {
  trades: string;
  bars: string;
  interval: CandleInterval;
  instrument: string | null;
}

const usage = (message: string): Failure => new Failure(`${message} ${TEACH}`, EXIT_USAGE);

/** Null when the help is asked for. */
function options(args: string[]): Options | null {
  const text = { type: "string" } as const;
  let values: Partial<Record<string, string | boolean>>;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        trades: text,
        bars: text,
        interval: text,
        instrument: text,
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw usage(`${first}.`);
  }
  if (values["help"] === true) return null;
  const { trades, bars, interval = "1m", instrument } = values;
  if (typeof trades !== "string" || trades === "")
    throw usage("--trades needs the path of a file.");
  if (typeof bars !== "string" || bars === "") throw usage("--bars needs the path of a file.");
  const known = CANDLE_INTERVALS.find((one) => one === interval);
  if (known === undefined)
    throw usage(`--interval must be one of ${CANDLE_INTERVALS.join(", ")}, not "${interval}".`);
  return {
    trades,
    bars,
    interval: known,
    instrument: typeof instrument === "string" ? instrument : null,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`, EXIT_USAGE);
  }
}

/** The one instrument that is compared. */
function chosen(
  instruments: readonly string[],
  asked: string | null,
  ofBars: string | null,
): string {
  const [only, ...others] = instruments;
  const instrument = asked ?? ofBars ?? (others.length === 0 ? only : undefined);
  if (instrument === undefined)
    throw usage(`the trades are of ${instruments.join(", ")}: choose one with --instrument.`);
  if (!instruments.includes(instrument))
    throw usage(`there are no trades of ${instrument}, only of ${instruments.join(", ")}.`);
  if (ofBars !== null && ofBars !== instrument)
    throw usage(`the bars are of ${ofBars}, not of ${instrument}.`);
  return instrument;
}

await main(async () => {
  const wanted = options(process.argv.slice(2));
  if (wanted === null) {
    console.log(HELP);
    return 0;
  }
  const { interval } = wanted;
  const trades = parseRecording(basename(wanted.trades), read(wanted.trades));
  if (!trades.ok) throw new Failure(`${wanted.trades}: ${trades.error.message}`, EXIT_USAGE);
  const theirs = parseBars(basename(wanted.bars), read(wanted.bars), interval);
  if (!theirs.ok) throw new Failure(`${wanted.bars}: ${theirs.error}`, EXIT_USAGE);
  const instruments = [...new Set(trades.value.map((trade) => trade.instrument))];
  const instrument = chosen(instruments, wanted.instrument, theirs.value.instrument);
  const own = trades.value.filter((trade) => trade.instrument === instrument);
  const built = barsOfTrades(own, interval);
  const compared = compareBars(built.bars, theirs.value.bars, interval);
  if (!compared.verdicts.some(({ kind }) => kind === "same" || kind === "different"))
    throw new Failure(`the two files have no whole bar of ${interval} in common.`, EXIT_USAGE);
  console.log(`${instrument}, ${interval}, ${own.length} trades\n`);
  console.log(reportText(compared));
  return compared.differences.length === 0 ? 0 : 1;
});
