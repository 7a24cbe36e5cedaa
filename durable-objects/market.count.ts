/** Tells the manager how many sockets a market has: one call at a time, and what changes meanwhile goes into the next. */
import { errorText, type Log } from "../src/application/log.ts";
import type { MarketCounts } from "../src/application/ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { AlgoSocket } from "./market.socket.ts";

/** A market's sockets as it counts them for people. */
export const countsOf = (
  algos: readonly AlgoSocket[],
  market: string,
  figures: Pick<MarketCounts, "instruments" | "deliveriesPerSecond">,
): MarketCounts => ({
  market,
  sockets: algos.length,
  ...figures,
  bufferedBytes: algos.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
  laggingSockets: algos.filter(({ isLagging }) => isLagging).length,
});

/** Every instrument that any of them has ticks or bars of, once. */
export function heldBy(algos: Iterable<AlgoSocket>): InstrumentId[] {
  const held = new Set<InstrumentId>();
  for (const { instruments, candles } of algos) {
    for (const instrument of instruments.keys()) held.add(instrument);
    for (const { instrument } of candles.values()) held.add(instrument);
  }
  return [...held];
}

export class SocketCount {
  readonly #report: () => Promise<void>;
  readonly #log: Log;
  readonly #waitUntil: (work: Promise<unknown>) => void;
  #isReporting = false;
  #isChanged = false;

  constructor(report: () => Promise<void>, log: Log, waitUntil: (work: Promise<unknown>) => void) {
    this.#report = report;
    this.#log = log;
    this.#waitUntil = waitUntil;
  }

  changed(): void {
    this.#isChanged = true;
    if (!this.#isReporting) this.#waitUntil(this.#run());
  }

  async #run(): Promise<void> {
    this.#isReporting = true;
    while (this.#isChanged) {
      this.#isChanged = false;
      try {
        await this.#report();
      } catch (error) {
        // The manager's watchdog asks for the count itself.
        this.#log("warn", "count_not_reported", { reason: errorText(error) });
      }
    }
    this.#isReporting = false;
  }
}
