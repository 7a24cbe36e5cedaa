/** Each risk check with an order just inside its limit and one just outside. */
import type { OrderIntent } from "../../../src/domain/order.ts";
import type { DecideFacts } from "../../../src/domain/risk/case.ts";
import type { RefusalCode } from "../../../src/domain/risk/refusal.ts";
import { long, type LedgerRun } from "./run.ts";
import { instrumentWith } from "./samples.ts";

interface Sides {
  /** What is set up before either side is tried. */
  given?: (run: LedgerRun) => void;
  passes: [Partial<OrderIntent>, Partial<DecideFacts>?];
  /** What changes between the two, when it is not the intent. */
  change?: (run: LedgerRun) => void;
  refused: [Partial<OrderIntent>, Partial<DecideFacts>?];
}

const other = { instrument: instrumentWith({ id: "XNAS:OTHER" }) };

export const BOTH_SIDES: Record<RefusalCode, Sides> = {
  KILL_SWITCH: {
    passes: [{}],
    change: (run) => run.tradingState("portfolio", "halted"),
    refused: [{}],
  },
  STALE_EPOCH: { passes: [{}, { epoch: 1 }], refused: [{}, { epoch: 0 }] },
  PORTFOLIO_ASLEEP: {
    passes: [{}],
    change: (run) => run.restrict("portfolio"),
    refused: [{}],
  },
  ALGO_UNKNOWN: { passes: [{}, { algoKnown: true }], refused: [{}, { algoKnown: false }] },
  ALGO_PAUSED: {
    given: (run) => run.restrict("algo:algo-a"),
    passes: [{ algoId: "algo-b" }],
    refused: [{}],
  },
  DUPLICATE_INTENT: {
    given: (run) => void run.reserve({ clientOrderId: "same" }),
    passes: [{ clientOrderId: "another" }],
    refused: [{ clientOrderId: "same", quantity: "11" }],
  },
  INSTRUMENT_UNKNOWN: { passes: [{}], refused: [{}, { instrument: null }] },
  INSTRUMENT_BLOCKED: {
    given: (run) => {
      run.restrict("instrument:XNAS:OTHER");
      run.mark(100, "XNAS:OTHER");
    },
    passes: [{}],
    refused: [{ instrument: "XNAS:OTHER" }, other],
  },
  MARKET_CLOSED: { passes: [{}, { marketOpen: true }], refused: [{}, { marketOpen: false }] },
  NOT_PERMITTED_BY_BROKER: {
    passes: [{}],
    refused: [{}, { brokerRefusal: "paper takes no such orders" }],
  },
  PRICE_OFF_GRID: { passes: [{ limitPrice: "99.99" }], refused: [{ limitPrice: "99.995" }] },
  QUANTITY_OFF_GRID: {
    passes: [{ quantity: "5" }, { instrument: instrumentWith({ lotSize: "5" }) }],
    refused: [{ quantity: "6" }, { instrument: instrumentWith({ lotSize: "5" }) }],
  },
  QUANTITY_LIMITS: {
    passes: [{ quantity: "50" }, { instrument: instrumentWith({ maxQuantity: "50" }) }],
    refused: [{ quantity: "51" }, { instrument: instrumentWith({ maxQuantity: "50" }) }],
  },
  STALE_PRICE: {
    given: (run) => {
      run.limit("markAgeMs", "1000");
      run.now += 1_000;
    },
    passes: [{}],
    change: (run) => void (run.now += 1),
    refused: [{}],
  },
  PRICE_COLLAR: { passes: [{ limitPrice: "105" }], refused: [{ limitPrice: "105.01" }] },
  ORDER_NOTIONAL: {
    given: (run) => run.limit("orderNotional", "1000"),
    passes: [{ quantity: "10" }],
    refused: [{ quantity: "11" }],
  },
  OPEN_ORDERS: {
    given: (run) => {
      run.limit("openOrders", "2", "algo:algo-a");
      run.reserve();
    },
    passes: [{}],
    change: (run) => void run.reserve(),
    refused: [{}],
  },
  ORDER_RATE: {
    given: (run) => {
      run.limit("ordersPerSecond", "2");
      run.reserve();
      run.now += 999;
    },
    passes: [{}],
    change: (run) => void run.reserve(),
    refused: [{}],
  },
  ORDERS_PER_DAY: {
    given: (run) => {
      run.limit("ordersPerDay", "2", "algo:algo-a");
      run.reserve();
    },
    passes: [{}],
    change: (run) => void run.reserve(),
    refused: [{}],
  },
  POSITION_LIMIT: {
    given: (run) => {
      run.limit("positionQuantity", "25");
      long(run, "10");
      run.reserve({ quantity: "5" });
    },
    passes: [{ quantity: "10" }],
    refused: [{ quantity: "11" }],
  },
  MONEY_AT_RISK_INSTRUMENT: {
    given: (run) => run.limit("moneyAtRiskInstrument", "100", "algo:algo-a"),
    passes: [{ quantity: "20", protectiveStop: "95" }],
    refused: [{ quantity: "21", protectiveStop: "95" }],
  },
  MONEY_AT_RISK_ALGO: {
    given: (run) => {
      run.limit("moneyAtRiskAlgo", "1500");
      run.mark(100, "XNAS:OTHER");
      run.reserve({ instrument: "XNAS:OTHER" }, other);
    },
    passes: [{ quantity: "5" }],
    refused: [{ quantity: "6" }],
  },
  MONEY_AT_RISK_PORTFOLIO: {
    given: (run) => {
      run.limit("moneyAtRiskPortfolio", "1500");
      run.reserve({ algoId: "algo-b" });
    },
    passes: [{ quantity: "5" }],
    refused: [{ quantity: "6" }],
  },
  GROSS_EXPOSURE: {
    given: (run) => {
      run.limit("grossExposure", "3000");
      run.mark(100, "XNAS:OTHER");
      long(run, "10");
      run.reserve({ algoId: "algo-b", side: "sell", instrument: "XNAS:OTHER" }, other);
    },
    passes: [{ quantity: "10" }],
    refused: [{ quantity: "11" }],
  },
  NET_EXPOSURE: {
    given: (run) => {
      run.limit("netExposure", "1500", "algo:algo-a");
      long(run, "10");
    },
    passes: [{ quantity: "5" }],
    refused: [{ quantity: "6" }],
  },
  FUNDS: {
    given: (run) => {
      run.balance("2000");
      run.reserve();
    },
    passes: [{ quantity: "10" }],
    refused: [{ quantity: "11" }],
  },
  DAILY_LOSS: {
    given: (run) => {
      run.limit("dailyLoss", "50", "algo:algo-a");
      long(run, "10");
      run.mark(95);
    },
    passes: [{ limitPrice: "95" }],
    change: (run) => run.mark(94.99),
    refused: [{ limitPrice: "95" }],
  },
  DRAWDOWN: {
    given: (run) => {
      run.limit("drawdown", "50");
      long(run, "10");
      run.mark(104);
      run.mark(99);
    },
    passes: [{}],
    change: (run) => run.mark(98.99),
    refused: [{}],
  },
  SELF_CROSS: {
    given: (run) => void run.reserve({ algoId: "algo-b", side: "sell", limitPrice: "101" }),
    passes: [{ limitPrice: "100.99" }],
    refused: [{ limitPrice: "101" }],
  },
  REDUCE_ONLY: {
    given: (run) => {
      long(run, "10");
      run.reserve({ side: "sell", quantity: "4" });
    },
    passes: [{ side: "sell", quantity: "6", reduceOnly: true }],
    refused: [{ side: "sell", quantity: "7", reduceOnly: true }],
  },
};
