/** Buys what has fallen below its recent mean and leaves when it is back, until it is stopped. Functional style. */
import { runAlgo, type InstrumentView } from "../../sdk/index.ts";
import { instrumentsFrom } from "../shared/settings.ts";
import { Positions } from "./positions.ts";
import { actionOf, fairPrice, PriceWindow, type ReversionRule } from "./reversion.ts";

const INSTRUMENTS = ["NSE:INFY", "NASDAQ:AAPL", "KRAKEN:BTC/USD", "KRAKEN:ETH/USD"];

const RULE: ReversionRule = { window: 40, enterBelow: 1.5, leaveAbove: 0.5 };

/** Market time between two tries in one instrument, and after one that came to nothing. */
const PAUSE_MS = 3_000;
const PAUSE_AFTER_REFUSAL_MS = 10_000;

const listings = new Map<string, InstrumentView>();
const windows = new Map<string, PriceWindow>();
const quietUntil = new Map<string, number>();
let positions: Positions | null = null;

try {
  await runAlgo({
    id: "mean-reversion",
    instruments: instrumentsFrom(process.argv.slice(2), process.env, INSTRUMENTS),
    conflate: true,
    async onStart(context) {
      for (const listing of await context.client.instruments()) listings.set(listing.id, listing);
      positions = new Positions(context);
      await positions.takeOver();
      context.log("watching", { instruments: context.instruments });
    },
    async onTick(_context, tick) {
      const { instrument } = tick;
      const listing = listings.get(instrument);
      const price = fairPrice(tick);
      if (positions === null || listing === undefined || price === null || tick.snapshot) return;
      // Told after a gap: it belongs to the time before what the window holds.
      if (tick.late) return;
      const prices = windows.get(instrument) ?? new PriceWindow(RULE.window);
      windows.set(instrument, prices);
      prices.add(price);
      const now = tick.exchangeTime ?? tick.receivedTime;
      if (positions.inDoubt(instrument) || now < (quietUntil.get(instrument) ?? 0)) return;
      const action = actionOf(prices.score, positions.isHolding(instrument), RULE);
      if (action === "none") return;
      const done =
        action === "enter"
          ? await positions.enter(listing, price)
          : await positions.leave(instrument);
      quietUntil.set(instrument, now + (done ? PAUSE_MS : PAUSE_AFTER_REFUSAL_MS));
    },
    async onOrder(_context, order) {
      await positions?.hear(order);
    },
    async onStop(context) {
      const held = (await positions?.leaveAll()) ?? [];
      context.log(held.length === 0 ? "stopped; nothing is held" : "stopped; still held", { held });
    },
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
