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
  const present = await markOf(feed, id);
  if (present) return present;
  const { pinned } = await feed.view();
  const watch = !pinned.includes(id);
  if (watch && !(await feed.pin([id])).ok) return null;
  try {
    return await firstMark(feed, id);
  } finally {
    if (watch) await feed.unpin([id]);
  }
}

async function firstMark(feed: Quotes, id: InstrumentId): Promise<Mark | null> {
  for (let waitedMs = 0; waitedMs < FIRST_TICK_WAIT_MS; waitedMs += FIRST_TICK_POLL_MS) {
    const mark = await markOf(feed, id);
    if (mark) return mark;
    await new Promise((resolve) => setTimeout(resolve, FIRST_TICK_POLL_MS));
  }
  return null;
}

async function markOf(feed: Quotes, id: InstrumentId): Promise<Mark | null> {
  const [tick] = await feed.quotes([id]);
  return tick ? markFrom(tick) : null;
}

/** A quote without a last price is no mark: the middle of a spread is an opinion. */
const markFrom = (tick: TickView): Mark | null =>
  tick.last === null
    ? null
    : {
        instrument: tick.instrument,
        price: tick.last,
        bid: tick.bid,
        ask: tick.ask,
        time: tick.receivedTime,
        provider: tick.provider,
        ...(tick.freshness === "stale" && { stale: true }),
      };
