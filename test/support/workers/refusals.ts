/** Every refusal of the ledger with the order that meets it: what stands before, what is asked, and the facts of the answer. */
import { expect } from "vitest";
import type { LimitName } from "../../../src/domain/risk/limit-names.ts";
import type { RefusalCode } from "../../../src/domain/risk/refusal.ts";
import { instrumentWith, markOf } from "../ledger/samples.ts";
import type { RefusalWorld, Terms } from "./refusal-world.ts";

export interface RefusalRow {
  code: RefusalCode;
  /** The limit that it is about. */
  limit?: LimitName;
  given?: (world: RefusalWorld) => Promise<unknown> | void;
  order?: Terms;
  scope: string;
  /** Limit, asked, have. */
  facts: [string | null, string | null, unknown];
  /** The id stands for another order, or another one may still bring what is missing: nothing is kept of it. */
  isKept?: false;
  status?: number;
}

const ACME = "instrument:XNAS:ACME";
const ALGO = "algo:algo-a";
const PAIR = `${ALGO}|${ACME}`;
const NONE: RefusalRow["facts"] = [null, null, null];

export const REFUSALS: readonly RefusalRow[] = [
  { code: "KILL_SWITCH", given: (world) => world.halt(ALGO), scope: ALGO, facts: NONE },
  {
    code: "STALE_EPOCH",
    given: (world) => void (world.epoch = 0),
    scope: "portfolio",
    facts: ["1", "0", null],
    isKept: false,
  },
  {
    code: "PORTFOLIO_ASLEEP",
    given: (world) => world.restrict("portfolio"),
    scope: "portfolio",
    facts: NONE,
  },
  { code: "ALGO_UNKNOWN", order: { algoId: "nobody" }, scope: "algo:nobody", facts: NONE },
  { code: "ALGO_PAUSED", given: (world) => world.restrict(ALGO), scope: ALGO, facts: NONE },
  {
    code: "DUPLICATE_INTENT",
    given: (world) => world.placed({ clientOrderId: "asked" }),
    order: { quantity: "11" },
    scope: ALGO,
    facts: NONE,
    isKept: false,
    status: 409,
  },
  {
    code: "INSTRUMENT_UNKNOWN",
    order: { instrument: "XNAS:NOPE" },
    scope: "instrument:XNAS:NOPE",
    facts: NONE,
  },
  { code: "INSTRUMENT_BLOCKED", given: (world) => world.restrict(ACME), scope: ACME, facts: NONE },
  {
    code: "MARKET_CLOSED",
    given: (world) => void (world.isOpen = false),
    scope: ACME,
    facts: NONE,
  },
  {
    code: "NOT_PERMITTED_BY_BROKER",
    given: (world) => void (world.types = ["market"]),
    scope: "account:paper",
    facts: NONE,
  },
  {
    code: "PRICE_OFF_GRID",
    order: { limitPrice: "99.995" },
    scope: ACME,
    facts: ["0.01", "99.995", null],
  },
  {
    code: "QUANTITY_OFF_GRID",
    given: (world) => void (world.instrument = instrumentWith({ lotSize: "5" })),
    order: { quantity: "11" },
    scope: ACME,
    facts: ["5", "11", null],
  },
  {
    code: "QUANTITY_LIMITS",
    given: (world) => void (world.instrument = instrumentWith({ maxQuantity: "50" })),
    order: { quantity: "51" },
    scope: ACME,
    facts: ["50", "51", null],
  },
  {
    code: "STALE_PRICE",
    limit: "markAgeMs",
    given: async (world) => {
      await world.limit("markAgeMs", "1000", ALGO);
      world.mark = markOf(Date.now() - 60_000);
    },
    scope: ALGO,
    facts: ["1000", null, expect.stringMatching(/^6\d{4}$/)],
  },
  {
    code: "PRICE_COLLAR",
    limit: "priceCollar",
    given: (world) => world.limit("priceCollar", "0.01", ACME),
    order: { limitPrice: "102" },
    scope: ACME,
    facts: ["0.01", "0.02", "100"],
  },
  {
    code: "ORDER_NOTIONAL",
    limit: "orderNotional",
    given: (world) => world.limit("orderNotional", "999.99"),
    scope: "portfolio",
    facts: ["999.99", "1000", null],
  },
  {
    code: "OPEN_ORDERS",
    limit: "openOrders",
    given: async (world) => {
      await world.limit("openOrders", "1", ALGO);
      await world.placed();
    },
    scope: ALGO,
    facts: ["1", "1", "1"],
  },
  {
    code: "ORDER_RATE",
    limit: "ordersPerSecond",
    // Less than one: whatever else this machine does in the second.
    given: (world) => world.limit("ordersPerSecond", "0.5", "account:paper"),
    scope: "account:paper",
    facts: ["0.5", "1", "0"],
  },
  {
    code: "ORDERS_PER_DAY",
    limit: "ordersPerDay",
    given: (world) => world.limit("ordersPerDay", "0.5", "account:paper"),
    scope: "account:paper",
    facts: ["0.5", "1", "0"],
  },
  {
    code: "POSITION_LIMIT",
    limit: "positionQuantity",
    given: async (world) => {
      await world.limit("positionQuantity", "25", PAIR);
      await world.long();
      await world.placed();
    },
    scope: PAIR,
    facts: ["25", "30", "10"],
  },
  {
    code: "POSITION_LIMIT",
    limit: "positionNotional",
    given: (world) => world.limit("positionNotional", "900", ACME),
    scope: ACME,
    facts: ["900", "1000", "0"],
  },
  {
    code: "MONEY_AT_RISK_INSTRUMENT",
    limit: "moneyAtRiskInstrument",
    given: (world) => world.limit("moneyAtRiskInstrument", "49", ALGO),
    order: { protectiveStop: "95" },
    scope: ALGO,
    facts: ["49", "50", "0"],
  },
  {
    code: "MONEY_AT_RISK_ALGO",
    limit: "moneyAtRiskAlgo",
    given: async (world) => {
      await world.limit("moneyAtRiskAlgo", "1500", ALGO);
      await world.placed();
    },
    scope: ALGO,
    facts: ["1500", "1000", "1000"],
  },
  {
    code: "MONEY_AT_RISK_PORTFOLIO",
    limit: "moneyAtRiskPortfolio",
    given: async (world) => {
      await world.limit("moneyAtRiskPortfolio", "1500");
      await world.placed({ algoId: "algo-b" });
    },
    scope: "portfolio",
    facts: ["1500", "1000", "1000"],
  },
  {
    code: "GROSS_EXPOSURE",
    limit: "grossExposure",
    given: async (world) => {
      await world.limit("grossExposure", "1500", ACME);
      await world.long();
    },
    scope: ACME,
    facts: ["1500", "1000", "1000"],
  },
  {
    code: "NET_EXPOSURE",
    limit: "netExposure",
    given: async (world) => {
      await world.limit("netExposure", "1500", ALGO);
      await world.long();
    },
    scope: ALGO,
    facts: ["1500", "1000", "1000"],
  },
  {
    code: "FUNDS",
    given: async (world) => {
      await world.balance("1500");
      await world.placed();
    },
    scope: "account:paper",
    facts: ["500", "1000", "500"],
  },
  {
    code: "DAILY_LOSS",
    limit: "dailyLoss",
    given: async (world) => {
      await world.trips({ trip: "dailyLoss", on: false });
      await world.limit("dailyLoss", "50", ALGO);
      await world.long();
      await world.priced(94, "-60");
    },
    order: { limitPrice: "94" },
    scope: ALGO,
    facts: ["50", null, "60"],
  },
  {
    code: "DRAWDOWN",
    limit: "drawdown",
    given: async (world) => {
      await world.trips({ trip: "drawdown", on: false });
      await world.limit("drawdown", "50");
      await world.long();
      await world.priced(104, "40");
      await world.priced(97, "-30");
    },
    order: { limitPrice: "97" },
    scope: "portfolio",
    facts: ["50", null, "70"],
  },
  {
    code: "KILL_SWITCH",
    limit: "dailyLossSoft",
    given: async (world) => {
      await world.limit("dailyLossSoft", "50", ALGO);
      await world.long();
      await world.priced(94, "-60");
      await world.latched(ALGO, "reducing");
    },
    order: { limitPrice: "94" },
    scope: ALGO,
    facts: NONE,
  },
  {
    code: "KILL_SWITCH",
    limit: "drawdownSoft",
    given: async (world) => {
      await world.limit("drawdownSoft", "50");
      await world.long();
      await world.priced(94, "-60");
      await world.latched("portfolio", "reducing");
    },
    order: { limitPrice: "94" },
    scope: "portfolio",
    facts: NONE,
  },
  {
    code: "SELF_CROSS",
    given: (world) => world.placed({ algoId: "algo-b", side: "sell", limitPrice: "101" }),
    order: { limitPrice: "101" },
    scope: `algo:algo-b|${ACME}`,
    facts: ["101", "101", null],
  },
  {
    code: "REDUCE_ONLY",
    given: async (world) => {
      await world.long();
      await world.placed({ side: "sell", quantity: "4" });
    },
    order: { side: "sell", quantity: "7", reduceOnly: true },
    scope: PAIR,
    facts: ["6", "7", "10"],
  },
];
