/** Whether a provider's feed is live before the market opens: by a price that came, never by an open socket. */
import type { InstrumentId } from "../domain/instrument.ts";
import { freshMark, type Quotes } from "./fresh-mark.ts";

export interface FeedLive {
  provider: string;
  /** The price that proves it: a tick or a snapshot received since; null when none came. */
  proof: { instrument: InstrumentId; at: number } | null;
}

/**
 * Asks for the probes one after the other until one has a price received at or after `since` (ms since
 * 1970). A probe that nobody watches is subscribed for the time of asking. A provider that cannot be
 * asked is not live.
 */
export async function feedLive(
  provider: string,
  feed: Quotes,
  probes: readonly InstrumentId[],
  since: number,
): Promise<FeedLive> {
  for (const instrument of probes) {
    const mark = await freshMark(feed, instrument).catch(() => null);
    if (mark && mark.time >= since && mark.stale !== true)
      return { provider, proof: { instrument, at: mark.time } };
  }
  return { provider, proof: null };
}
