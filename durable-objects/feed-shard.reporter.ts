/** Tells a shard's manager what is live; many changes of one moment are one report. */
import { errorText, type Log } from "../src/application/log.ts";
import type { ShardAssignment, ShardReport } from "../src/application/ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { TickBook } from "./feed-shard.book.ts";
import type { Links } from "./feed-shard.links.ts";

/** What is confirmed or ticking, and reaches every market that wants it. */
export function reportOf(
  shard: string,
  assignment: ShardAssignment | null,
  book: TickBook,
  links: Links,
): ShardReport {
  const live: InstrumentId[] = [];
  for (const { instrument, consumers } of assignment?.instruments ?? []) {
    if (book.held.get(instrument)?.isLive !== true) continue;
    // The ledger's marks are conflated anyway: only a market could miss a tick.
    const markets = consumers.filter(({ id }) => id.startsWith("market:"));
    if (markets.every(({ id }) => links.isOpenTo(id))) live.push(instrument);
  }
  return { shard, version: assignment?.version ?? 0, live };
}

export class Reporter {
  readonly #send: () => Promise<void>;
  readonly #log: Log;
  #isReporting = false;

  constructor(send: () => Promise<void>, log: Log) {
    this.#send = send;
    this.#log = log;
  }

  soon(): void {
    if (this.#isReporting) return;
    this.#isReporting = true;
    setTimeout(() => {
      this.#isReporting = false;
      this.#send().catch((error: unknown) => {
        // The manager asks again by its own alarm.
        this.#log("warn", "report_failed", { reason: errorText(error) });
      });
    }, 0);
  }
}
