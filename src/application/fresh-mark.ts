/** The latest price of an instrument for one intent. It waits a little for a first tick and never makes one up. */
import type { BrokerView } from "../contract/brokers.ts";
import type { TickView } from "../contract/market.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { FIRST_TICK_POLL_MS, FIRST_TICK_WAIT_MS } from "../domain/limits.ts";
import type { Mark } from "../domain/tick.ts";
import type { BrokerManagerPort } from "./ports.ts";

export interface Quotes extends Pick<BrokerManagerPort, "quotes" | "pin" | "unpin"> {
  view(): Promise<Pick<BrokerView, "pinned">>;
}

/**
 * The mark, or null when none came within `FIRST_TICK_WAIT_MS`. An instrument that nobody watches is
 * pinned for that time only; one that the operator has pinned stays pinned.
 */
export async function freshMark(feed: Quotes, id: InstrumentId): Promise<Mark | null> {
  const tick = await firstTick(feed, id, isTelling);
  return tick ? markFrom(tick) : null;
}

/**
 * The latest tick that is enough for who asks, or else the latest that came within `FIRST_TICK_WAIT_MS`,
 * or null. Subscribes as `freshMark` does, and stops asking once it is over for another reason.
 */
export async function firstTick(
  feed: Quotes,
  id: InstrumentId,
  isEnough: (tick: TickView) => boolean,
  isOver: () => boolean = () => false,
): Promise<TickView | null> {
  const [present] = await feed.quotes([id]);
  if (present && isEnough(present)) return present;
  const { pinned } = await feed.view();
  const watch = !pinned.includes(id);
  if (watch && !(await feed.pin([id])).ok) return present ?? null;
  let latest = present ?? null;
  try {
    for (
      let waitedMs = 0;
      waitedMs < FIRST_TICK_WAIT_MS && !isOver();
      waitedMs += FIRST_TICK_POLL_MS
    ) {
      const [tick] = await feed.quotes([id]);
      latest = tick ?? latest;
      if (tick && isEnough(tick)) break;
      await new Promise((resolve) => setTimeout(resolve, FIRST_TICK_POLL_MS));
    }
  } finally {
    if (watch) await feed.unpin([id]);
  }
  return latest;
}

/** A snapshot may tell an old price: what the market says next is waited for a little. */
const isTelling = ({ last, freshness }: TickView): boolean =>
  last !== null && freshness !== "unknown";

/** A quote without a last price is no mark: the middle of a spread is an opinion. */
const markFrom = (tick: TickView): Mark | null =>
  tick.last === null
    ? null
    : {
        instrument: tick.instrument,
        price: tick.last,
        bid: tick.bid,
        ask: tick.ask,
        time: tick.observedAt ?? tick.receivedTime,
        provider: tick.provider,
        ...((tick.freshness === "stale" || tick.freshness === "unknown") && { stale: true }),
      };
