/** The trades of a shard's instruments at the edges of their gaps: what was told there must not be told again as late. */
import type { LinkGap } from "../src/contract/link.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { LATE_TRADES_AGE_MS_MAX } from "../src/domain/feed-limits.ts";
import { type SeamWatch, TradeSeam } from "../src/domain/trade-seam.ts";
import type { LoggedTick } from "./feed-shard.tick-log.ts";

export class TradeSeams {
  readonly #seams = new Map<InstrumentId, TradeSeam>();
  /** Told from where on (the exchange's clock) an instrument's trades are waited for; Infinity when none are. */
  readonly #waits: (instrument: InstrumentId, since: number) => void;

  constructor(waits: (instrument: InstrumentId, since: number) => void) {
    this.#waits = waits;
  }

  /** Everything that was told, in order. */
  note({ update, receivedTime, late, isLateTrade }: LoggedTick): void {
    let seam = this.#seams.get(update.instrument);
    if (seam === undefined) this.#seams.set(update.instrument, (seam = new TradeSeam()));
    seam.note(update, receivedTime, late, isLateTrade);
  }

  /** Null for an instrument of which no trade was told yet. */
  open(instrument: InstrumentId, { from, to }: LinkGap): SeamWatch | null {
    const seam = this.#seams.get(instrument);
    const watch = seam?.open(from, to) ?? null;
    if (seam && watch) this.#waits(instrument, seam.openSince);
    return watch;
  }

  close(instrument: InstrumentId, watch: SeamWatch): void {
    const seam = this.#seams.get(instrument);
    if (!seam) return;
    seam.close(watch);
    this.#waits(instrument, seam.openSince);
  }

  /** The exchange's clock was set: where trades of later than `exchangeTime` broke off says nothing now. */
  forgetLaterThan(exchangeTime: number): void {
    for (const [instrument, seam] of this.#seams) {
      if ((seam.newestTime ?? 0) <= exchangeTime) continue;
      seam.end("the exchange's clock was set meanwhile");
      this.#forget(instrument);
    }
  }

  #forget(instrument: InstrumentId): void {
    this.#seams.delete(instrument);
    this.#waits(instrument, Infinity);
  }

  /** What is not held any more leaves memory: where it goes on, another shard knows. Nor is anything watched that is too old to be told. */
  keepOnly(isHeld: (instrument: InstrumentId) => boolean, now: number): void {
    for (const [instrument, seam] of this.#seams) {
      if (!isHeld(instrument)) this.#forget(instrument);
      else if (seam.endBefore(now - LATE_TRADES_AGE_MS_MAX, "its single trades came too late"))
        this.#waits(instrument, seam.openSince);
    }
  }
}
