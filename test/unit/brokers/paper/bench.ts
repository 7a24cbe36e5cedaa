/** An engine on one instrument, as the tests of the exchange drive it. */
import { Account } from "../../../../src/brokers/paper/engine/account.ts";
import { PaperEngine } from "../../../../src/brokers/paper/engine/engine.ts";
import type { Step } from "../../../../src/brokers/paper/engine/orders.ts";
import type {
  EngineEvent,
  EngineOrder,
  Liquidity,
  Listing,
} from "../../../../src/brokers/paper/engine/types.ts";
import { gridOf } from "../../../../src/brokers/paper/grid.ts";
import { paperInstrument } from "../../../../src/brokers/paper/instruments.ts";
import type { NewOrderRequest } from "../../../../src/brokers/paper/wire.ts";

export const INFY = "NSE:INFY";

export function listingOf(id: string): Listing {
  const instrument = paperInstrument(id);
  if (!instrument) throw new Error(`${id} is not listed`);
  return { instrument, grid: gridOf(instrument) };
}

export interface Bench {
  engine: PaperEngine;
  account: Account;
  listing: Listing;
  /** Every order that was taken, and everything the engine ever told. */
  orders: Map<string, EngineOrder>;
  events: EngineEvent[];
  /** The limit that each order came with, in ticks. */
  firstLimits: Map<string, number | null>;
  /** Lots of bid and ask that the latest quote came with. */
  shown: number[];
  submit(terms?: Partial<NewOrderRequest>): EngineOrder;
  quote(bid: number, ask: number, terms?: Partial<Liquidity>): EngineEvent[];
  fillsOf(order: EngineOrder): { lots: number; ticks: number }[];
}

/** Prices and quantities in ticks (0.05) and lots (1), to keep the tests readable. */
export function bench(): Bench {
  const listing = listingOf(INFY);
  const listings = new Map([[INFY, listing]]);
  const account = new Account(listings, [], []);
  const engine = new PaperEngine(listings, account, { orders: 0, executions: 0, ranks: 0 }, []);
  const orders = new Map<string, EngineOrder>();
  const events: EngineEvent[] = [];
  const firstLimits = new Map<string, number | null>();
  let made = 0;
  const keep = (step: Step): EngineOrder => {
    orders.set(step.order.brokerOrderId, step.order);
    firstLimits.set(step.order.brokerOrderId, step.order.limitTicks);
    events.push(...step.events);
    return step.order;
  };
  const result: Bench = {
    shown: [],
    engine,
    account,
    listing,
    orders,
    events,
    firstLimits,
    submit: (terms = {}) => {
      made += 1;
      const request: NewOrderRequest = {
        clientOrderId: `c-${made}`,
        instrument: INFY,
        side: "buy",
        type: "market",
        quantity: "10",
        limitPrice: null,
        stopPrice: null,
        timeInForce: "gtc",
        ...terms,
      };
      const step = engine.submit(request, made, { refusal: null, endsAt: null });
      if (!step.ok) throw new Error(step.error.message);
      return keep(step.value);
    },
    quote: (bid, ask, terms = {}) => {
      const liquidity: Liquidity = {
        kind: "quote",
        lastTicks: ask,
        bidTicks: bid,
        bidLots: 100,
        askTicks: ask,
        askLots: 100,
        ...terms,
      };
      result.shown = [liquidity.bidLots, liquidity.askLots];
      const told = engine.market(INFY, liquidity, made);
      events.push(...told);
      return told;
    },
    fillsOf: (order) =>
      events.flatMap((event) =>
        event.kind === "filled" && event.order === order
          ? [{ lots: event.fill.lots, ticks: event.fill.ticks }]
          : [],
      ),
  };
  return result;
}

/** The text of a price in ticks of 0.05. */
export const price = (ticks: number): string => String((ticks * 5) / 100);
