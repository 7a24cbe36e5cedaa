/**
 * Asks the broker for the single trades of a gap, and tells those that nobody was told, as late ticks. It
 * works beside the tick path, slowly and within bounds; what it tells is the last of nothing: no price,
 * no mark and no freshness follows from it.
 */
import type { BrokerManagerPort } from "../src/application/ports.ts";
import { lateTickLine, tickFields } from "../src/contract/link.ts";
import { assert } from "../src/domain/assert.ts";
import {
  LATE_TICKS_PAUSE_MS,
  LATE_TICKS_SLICE,
  LATE_TRADES_AGE_MS_MAX,
  LATE_TRADES_CALLS_PER_SECOND,
  LATE_TRADES_MAX,
  LATE_TRADES_SETTLE_MS,
  LATE_TRADES_SPAN_MS_MAX,
} from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { TICK_SEQ_PER_EPOCH, tickSeqBase } from "../src/domain/tick.ts";
import {
  isSettled,
  missingTrades,
  type PastTrade,
  type SeamWatch,
} from "../src/domain/trade-seam.ts";
import { movedAfter, type TellingProgress } from "./feed-shard.gaps.ts";
import { groupsOf, type HeldInstrument } from "./feed-shard.held.ts";
import type { LoggedTick } from "./feed-shard.tick-log.ts";

/** A gap of one instrument. */
interface Gap {
  from: number;
  to: number;
}

export interface LateTradesHost {
  manager(): Pick<BrokerManagerPort, "trades">;
  /** Sees to it that the watches know all that was told. */
  drain(): void;
  /** Tells and keeps these; false when the instrument is not told from here any more. */
  tell(instrument: InstrumentId, trades: readonly PastTrade[]): boolean;
  pause(ms: number): Promise<unknown>;
  now(): number;
}

export class LateTrades {
  readonly #host: LateTradesHost;
  /** When the next question may be asked. */
  #turnAt = 0;

  constructor(host: LateTradesHost) {
    this.#host = host;
  }

  /** How many were told, none if there were none; otherwise why not all of this gap's, and what was told before it moved. */
  async fill(
    instrument: InstrumentId,
    gap: Gap,
    watch: SeamWatch | null,
    progress: TellingProgress,
  ): Promise<Result<number, string>> {
    if (watch === null) return err("no trade of it was told since the shard started");
    if (gap.to - gap.from > LATE_TRADES_SPAN_MS_MAX)
      return err("it was too long for single trades");
    await this.#turn();
    if (this.#isTooOld(gap)) return err("its single trades came too late");
    const answer = await this.#host
      .manager()
      .trades({ instrument, since: watch.since, max: LATE_TRADES_MAX });
    if (!answer.ok) return err(answer.error.message);
    if (!answer.value.isWhole) return err("the broker does not give all trades of it");
    const { trades } = answer.value;
    this.#host.drain();
    if (!isSettled(watch, trades)) await this.#host.pause(LATE_TRADES_SETTLE_MS);
    this.#host.drain();
    if (this.#isTooOld(gap)) return err("its single trades came too late");
    if (watch.endedBy !== null) return err(watch.endedBy);
    return this.#tell(instrument, missingTrades(watch, trades), progress);
  }

  async #tell(
    instrument: InstrumentId,
    trades: readonly PastTrade[],
    progress: TellingProgress,
  ): Promise<Result<number, string>> {
    progress.size = trades.length;
    while (progress.told < trades.length) {
      const { told } = progress;
      if (told > 0) await this.#host.pause(LATE_TICKS_PAUSE_MS);
      const slice = trades.slice(told, told + LATE_TICKS_SLICE);
      if (!this.#host.tell(instrument, slice)) return err(movedAfter(progress));
      progress.told += slice.length;
    }
    return ok(trades.length);
  }

  #isTooOld({ from }: Gap): boolean {
    return this.#host.now() - from > LATE_TRADES_AGE_MS_MAX;
  }

  async #turn(): Promise<void> {
    const now = this.#host.now();
    const at = Math.max(now, this.#turnAt);
    this.#turnAt = at + 1_000 / LATE_TRADES_CALLS_PER_SECOND;
    if (at > now) await this.#host.pause(at - now);
  }
}

/**
 * Writes past trades as late ticks for all who want the instrument, under its next numbers. The last tick
 * delivered stays what it was, and so do all that is judged by it. Answers them, to be kept.
 */
export function tellLateTicks(
  held: HeldInstrument,
  trades: readonly PastTrade[],
  { provider, now }: { provider: string; now: number },
): LoggedTick[] {
  const { epoch, instrument } = held;
  const providerJson = JSON.stringify(provider);
  const groups = (["ltp", "quote", "depth"] as const).flatMap((mode) => groupsOf(held, mode));
  return trades.map((trade) => {
    held.count += 1;
    assert(held.count < TICK_SEQ_PER_EPOCH, "an epoch's numbers are used up");
    const seq = tickSeqBase(epoch) + held.count;
    const update = { ...NOTHING, instrument, ...lastOf(trade) };
    const fields = tickFields(update, { providerJson, receivedTime: now, epoch, seq, late: true });
    const line = lateTickLine(held.alias, fields);
    for (const group of groups) group.lines.push(line);
    return { update, receivedTime: now, epoch, seq, isLateTrade: false, late: true };
  });
}

const NOTHING = {
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
} as const;

const lastOf = ({ tradeId, time, price, quantity }: PastTrade) => ({
  last: price,
  lastQuantity: quantity,
  exchangeTime: time,
  ...(tradeId !== null && { tradeId }),
});
