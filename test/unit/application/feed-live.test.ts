import { expect, test } from "vitest";
import { feedLive } from "../../../src/application/feed-live.ts";
import type { Quotes } from "../../../src/application/fresh-mark.ts";
import type { TickView } from "../../../src/contract/market.ts";
import { err, ok } from "../../../src/domain/result.ts";

const OPENS_AT = 1_000_000;

const tick = (instrument: string, receivedTime: number): TickView => ({
  instrument,
  last: 100,
  lastQuantity: null,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: receivedTime,
  receivedTime,
  provider: "paper",
  epoch: 1,
  seq: 1,
  late: false,
});

/** A feed whose socket is open; `ticks` is all that it has brought. */
function feedOf(ticks: TickView[], parts: Partial<Quotes> = {}): Quotes & { pinned: string[] } {
  const pinned: string[] = [];
  return {
    pinned,
    quotes: async (ids) => ticks.filter(({ instrument }) => ids.includes(instrument)),
    pin: async (ids) => {
      pinned.push(...ids);
      return ok({ instruments: [] });
    },
    unpin: async (ids) => {
      for (const id of ids) pinned.splice(pinned.indexOf(id), 1);
      return ok({ instruments: [] });
    },
    view: async () => ({ pinned: [] }),
    ...parts,
  };
}

test("lesson 14: before the open a feed is live by a price of this morning; yesterday's last tick and an open socket prove nothing", async () => {
  const yesterday = feedOf([tick("NSE:INFY", OPENS_AT - 1)]);
  expect(await feedLive("paper", yesterday, ["NSE:INFY"], OPENS_AT)).toEqual({
    provider: "paper",
    proof: null,
  });
  const today = feedOf([tick("NSE:INFY", OPENS_AT)]);
  expect(await feedLive("paper", today, ["NSE:INFY"], OPENS_AT)).toEqual({
    provider: "paper",
    proof: { instrument: "NSE:INFY", at: OPENS_AT },
  });
});

test("one probe that ticks is enough, and what was subscribed for the asking is let go", async () => {
  const feed = feedOf([tick("NSE:TCS", OPENS_AT + 5)]);
  const live = await feedLive("paper", feed, ["NSE:INFY", "NSE:TCS"], OPENS_AT);
  expect(live.proof).toEqual({ instrument: "NSE:TCS", at: OPENS_AT + 5 });
  expect(feed.pinned).toEqual([]);
});

test("a provider that cannot be asked, or refuses the probe, is not live", async () => {
  const away = feedOf([], {
    quotes: async () => {
      throw new Error("away");
    },
  });
  expect((await feedLive("paper", away, ["NSE:INFY"], OPENS_AT)).proof).toBeNull();
  const refusing = feedOf([], {
    pin: async () => err({ code: "UNKNOWN_INSTRUMENT", message: "no", details: null }),
  });
  expect((await feedLive("paper", refusing, ["NSE:INFY"], OPENS_AT)).proof).toBeNull();
});
