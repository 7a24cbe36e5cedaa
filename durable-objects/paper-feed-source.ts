/** What the exchange's data sockets take from its market. */
import type { PaperBookRow } from "../src/brokers/paper/market/depth.ts";
import type { TickText } from "../src/brokers/paper/tick-text.ts";
import type { FeedNotice } from "../src/brokers/paper/wire.ts";
import type { StatedTime } from "../src/domain/exchange-clock.ts";

export interface FeedSource {
  isListed(instrument: string): boolean;
  /** The present state of an instrument, sent on subscribe; null while it has no price. */
  snapshot(instrument: string): TickText | null;
  /** Its whole order book; null while it has none. */
  book(instrument: string): PaperBookRow | null;
  /** The market's clock when ours stands at `now`. */
  clock(now: number): Required<Pick<StatedTime, "time" | "speed">>;
}

/** The heartbeat that states the market's clock. */
export const clockFrame = (source: FeedSource, now: number, isSet: boolean): string =>
  JSON.stringify({ type: "heartbeat", ...source.clock(now), isSet } satisfies FeedNotice);
