/**
 * Fills gaps from the broker's history, as far as it has one: asks for the minutes of each, and says what
 * came of it. No broker here gives single trades of the past: ticks that were missed stay missed.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { BrokerManagerPort } from "../src/application/ports.ts";
import type { LinkGap } from "../src/contract/link.ts";
import { candleStart } from "../src/domain/candle.ts";
import type { MarkedCandle } from "../src/domain/candle-join.ts";
import {
  GAP_FILL_BARS_MAX,
  GAP_FILL_CALLS_MAX,
  GAP_FILL_RETRY_MS,
  GAP_FILL_TRIES_MAX,
} from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";

export interface GapHost {
  manager(): Pick<BrokerManagerPort, "candleBase">;
  /** Whether the instrument is still delivered from here. */
  isHeld(instrument: InstrumentId): boolean;
  tell(gap: LinkGap): void;
  /** Between two tries. */
  pause(ms: number): Promise<unknown>;
  log: Log;
}

export class GapFiller {
  readonly #host: GapHost;
  /** One after the other: a reconnect of many instruments must not crowd out everybody else's history. */
  #queue: Promise<void> = Promise.resolve();

  constructor(host: GapHost) {
    this.#host = host;
  }

  fill(gaps: readonly LinkGap[]): void {
    for (const gap of gaps)
      this.#queue = this.#queue
        .then(() => this.#fill(gap))
        .catch((error: unknown) => {
          this.#host.log("error", "gap_not_filled", { reason: errorText(error) });
        });
  }

  async #fill(gap: LinkGap): Promise<void> {
    for (let at = 0; at < gap.instruments.length; at += GAP_FILL_CALLS_MAX) {
      const some = gap.instruments.slice(at, at + GAP_FILL_CALLS_MAX);
      await Promise.all(
        some.map((instrument) => this.#fillOne({ ...gap, instruments: [instrument] })),
      );
    }
  }

  async #fillOne(gap: LinkGap): Promise<void> {
    const [instrument = ""] = gap.instruments;
    for (let tried = 1; this.#host.isHeld(instrument); tried += 1) {
      const read = await this.#read(instrument, gap);
      if (typeof read !== "string") return this.#host.tell({ ...gap, filled: true, candles: read });
      if (tried >= GAP_FILL_TRIES_MAX)
        return this.#host.tell({ ...gap, filled: false, reason: `${gap.reason}; ${read}` });
      await this.#host.pause(tried * GAP_FILL_RETRY_MS);
    }
  }

  /** The broker's bars of the gap, or why there are none. */
  async #read(instrument: InstrumentId, { from, to }: LinkGap): Promise<MarkedCandle[] | string> {
    try {
      const first = Math.max(from, to - GAP_FILL_BARS_MAX * 60_000);
      const base = await this.#host.manager().candleBase({
        instrument,
        interval: "1m",
        from: candleStart(first, "1m"),
        to,
        gap: { from, to },
      });
      if (!base.ok) return base.error.message;
      const bars = base.value.bars.filter(({ mark }) => mark !== null && mark !== "amended");
      const own = bars.filter(({ mark }) => mark === "partial").length;
      return own === 0 ? bars : `the broker has no bar of ${own} of its minutes`;
    } catch (error) {
      return errorText(error);
    }
  }
}
