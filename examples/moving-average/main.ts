/** Runs the moving-average example until it is stopped (Ctrl-C, or TERM). */
import { instrumentsFrom } from "../shared/settings.ts";
import { MovingAverage } from "./moving-average.ts";

const INSTRUMENTS = ["NSE:INFY", "NSE:RELIANCE", "NASDAQ:AAPL", "KRAKEN:BTC/USD"];

try {
  const instruments = instrumentsFrom(process.argv.slice(2), process.env, INSTRUMENTS);
  await new MovingAverage({ algoId: "moving-average", instruments }).run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
