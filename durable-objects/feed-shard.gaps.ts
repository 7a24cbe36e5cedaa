/**
 * Fills gaps from the broker's history, as far as it has one: first the single trades, where the broker
 * gives them, then the minutes of each; and says what came of it.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { BrokerManagerPort } from "../src/application/ports.ts";
import type { LinkGap } from "../src/contract/link.ts";
import { candleStart } from "../src/domain/candle.ts";
import type { CandleGap, MarkedCandle } from "../src/domain/candle-join.ts";
import {
  GAP_FILL_BARS_MAX,
  GAP_FILL_CALLS_MAX,
  GAP_FILL_RETRY_MS,
  GAP_FILLS_WAITING_MAX,
  GAP_FILL_TRIES_MAX,
} from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { Result } from "../src/domain/result.ts";
import { err } from "../src/domain/result.ts";

/** How far the missing trades of a gap were told: `told` of `size`. */
export interface TellingProgress {
  told: number;
  size: number;
}

/** Tells the missing trades of a gap as late ticks, once; answers how many, or why not all. Notes how far it is. */
export type FillTrades = (progress: TellingProgress) => Promise<Result<number, string>>;

export interface GapHost {
  manager(): Pick<BrokerManagerPort, "candleBase">;
  /** Whether the instrument is still delivered from here. */
  isHeld(instrument: InstrumentId): boolean;
  /** Called as soon as the gap is known: what is told from now on is no part of it. */
  trades(instrument: InstrumentId, gap: LinkGap): FillTrades;
  /** All trades of it were told: bars of ours over it are whole. */
  filled(instrument: InstrumentId, gap: CandleGap): void;
  tell(gap: LinkGap): void;
  /** Between two tries. */
  pause(ms: number): Promise<unknown>;
  log: Log;
}

/** Why nothing more comes of a gap whose instrument another shard delivers. */
export const movedAfter = ({ told, size }: TellingProgress): string =>
  `${told > 0 ? `only ${told} of ${size} trades were told: ` : ""}the instrument moved to another shard`;

/** The fill of one instrument's gap, under way or waiting for its turn. */
interface Fill {
  gap: LinkGap;
  trades: FillTrades;
  progress: TellingProgress;
  /** What came of it was told. */
  isOver: boolean;
}

export class GapFiller {
  readonly #host: GapHost;
  readonly #waiting = new Map<InstrumentId, Fill[]>();
  readonly #underWay = new Set<Fill>();
  /** One after the other: a reconnect of many instruments must not crowd out everybody else's history. */
  #queue: Promise<void> = Promise.resolve();

  constructor(host: GapHost) {
    this.#host = host;
  }

  fill(gaps: readonly LinkGap[]): void {
    for (const gap of gaps) {
      const fills = gap.instruments.flatMap((instrument) => this.#newFill(instrument, gap) ?? []);
      if (fills.length === 0) continue;
      this.#queue = this.#queue
        .then(() => this.#fill(fills))
        .catch((error: unknown) => {
          this.#host.log("error", "gap_not_filled", { reason: errorText(error) });
        });
    }
  }

  /** Null where so many wait that the last of them takes this gap in. */
  #newFill(instrument: InstrumentId, told: LinkGap): Fill | null {
    const gap = { ...told, instruments: [instrument] };
    const waiting = this.#waiting.get(instrument) ?? [];
    const last = waiting.at(-1);
    if (last && waiting.length >= GAP_FILLS_WAITING_MAX) {
      last.gap = { ...gap, from: Math.min(last.gap.from, gap.from) };
      // Between the two some trades were told live, and nobody watched which.
      last.trades = async () => err("the line broke again before its turn");
      return null;
    }
    const trades = this.#host.trades(instrument, gap);
    const fill = { gap, trades, progress: { told: 0, size: 0 }, isOver: false };
    this.#waiting.set(instrument, [...waiting, fill]);
    return fill;
  }

  /** Another shard delivers these from now on: whoever waits for their gaps hears now that nothing more comes of them. */
  release(instruments: readonly InstrumentId[]): void {
    const fills = [...this.#underWay, ...[...this.#waiting.values()].flat()];
    for (const fill of fills) {
      const { gap, progress } = fill;
      if (!gap.instruments.some((instrument) => instruments.includes(instrument))) continue;
      this.#end(fill, { ...gap, filled: false, reason: `${gap.reason}; ${movedAfter(progress)}` });
    }
  }

  /** Says what came of it, once. */
  #end(fill: Fill, gap: LinkGap): void {
    if (fill.isOver) return;
    fill.isOver = true;
    this.#host.tell(gap);
  }

  /** Its turn has come. */
  #begin(fill: Fill): void {
    const [instrument = ""] = fill.gap.instruments;
    const rest = this.#waiting.get(instrument)?.filter((other) => other !== fill) ?? [];
    if (rest.length > 0) this.#waiting.set(instrument, rest);
    else this.#waiting.delete(instrument);
  }

  async #fill(fills: readonly Fill[]): Promise<void> {
    for (let at = 0; at < fills.length; at += GAP_FILL_CALLS_MAX) {
      const some = fills.slice(at, at + GAP_FILL_CALLS_MAX);
      await Promise.all(some.map((fill) => this.#take(fill)));
    }
  }

  async #take(fill: Fill): Promise<void> {
    this.#begin(fill);
    if (fill.isOver) return;
    this.#underWay.add(fill);
    await this.#fillOne(fill).finally(() => this.#underWay.delete(fill));
  }

  async #fillOne(fill: Fill): Promise<void> {
    const { gap, trades, progress } = fill;
    const [instrument = ""] = gap.instruments;
    const late = await trades(progress).catch((error: unknown) => err(errorText(error)));
    const { from, to, reason } = gap;
    const missing = { from, to, ...(late.ok && { isFilled: true }) };
    if (late.ok) this.#host.filled(instrument, missing);
    const bars = await this.#bars(instrument, missing);
    if (bars === null) return;
    const told = bars.ok ? { candles: bars.value } : {};
    const why = bars.ok ? reason : `${reason}; ${bars.error}`;
    if (late.ok)
      return this.#end(fill, {
        ...gap,
        ...told,
        filled: true,
        filledWith: "ticks",
        lateTicks: late.value,
        reason: why,
      });
    const only = `${why}; no ticks: ${late.error}`;
    this.#end(fill, {
      ...gap,
      ...told,
      filled: bars.ok,
      ...(bars.ok && { filledWith: "bars" }),
      reason: only,
    });
  }

  /** Null when the instrument is not delivered from here any more. */
  async #bars(
    instrument: InstrumentId,
    gap: CandleGap,
  ): Promise<Result<MarkedCandle[], string> | null> {
    for (let tried = 1; this.#host.isHeld(instrument); tried += 1) {
      const read = await this.#read(instrument, gap);
      if (typeof read !== "string") return { ok: true, value: read };
      if (tried >= GAP_FILL_TRIES_MAX) return err(read);
      await this.#host.pause(tried * GAP_FILL_RETRY_MS);
    }
    return null;
  }

  /** The broker's bars of the gap, or why there are none. */
  async #read(instrument: InstrumentId, gap: CandleGap): Promise<MarkedCandle[] | string> {
    const { from, to } = gap;
    try {
      const first = Math.max(from, to - GAP_FILL_BARS_MAX * 60_000);
      const base = await this.#host.manager().candleBase({
        instrument,
        interval: "1m",
        from: candleStart(first, "1m"),
        to,
        gap,
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
