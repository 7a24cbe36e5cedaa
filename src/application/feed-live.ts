/** Whether a provider's feed is live before the market opens: by a price that came, never by an open socket. */
import type { TickView } from "../contract/market.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { firstTick, type Quotes } from "./fresh-mark.ts";

export interface FeedLive {
  provider: string;
  /** The price that proves it: a tick or a snapshot received since; null when none came. */
  proof: { instrument: InstrumentId; at: number } | null;
}

/**
 * Asks for the probes together until one has a price received at or after `since` (ms since 1970). A probe
 * that nobody watches is subscribed for the time of asking. A provider that cannot be asked is not live.
 */
export async function feedLive(
  provider: string,
  feed: Quotes,
  probes: readonly InstrumentId[],
  since: number,
): Promise<FeedLive> {
  const isProof = ({ receivedTime, freshness }: TickView) =>
    receivedTime >= since && freshness !== "stale";
  let proof: FeedLive["proof"] = null;
  await Promise.all(
    probes.map(async (instrument) => {
      const isOver = () => proof !== null;
      const tick = await firstTick(feed, instrument, isProof, isOver).catch(() => null);
      if (tick && isProof(tick)) proof ??= { instrument, at: tick.receivedTime };
    }),
  );
  return { provider, proof };
}
